using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Osmo.Grains.Listeners;

/// <summary>
/// The messages about nodes that a backend has taken, by their ids: a message that comes again is acknowledged and not applied.
/// <para>
/// Two kinds come again. What was not acknowledged when a connection ended comes again on the next one: the latest ids recognize it. And
/// the last message that came again so is sent once more after the connection after that, however long ago it was acknowledged, with the
/// state that its node had then: an id of the beginning of an earlier connection. Those are kept durably, because the connection after
/// that may be to another process.
/// </para>
/// Bounded by constants. Not thread-safe.
/// </summary>
public sealed class MessageMemory
{
    /// <summary>How many of the latest ids are known.</summary>
    public const int LatestMax = 512;

    /// <summary>
    /// How many ids of the beginning of a connection are kept: an agent has at most 100 messages unacknowledged, unless it is told
    /// otherwise, and those come first.
    /// </summary>
    public const int BeginningMax = 256;

    /// <summary>Of how many connections the beginning is kept.</summary>
    public const int ConnectionsMax = 4;

    private const int IdBytes = 16;
    private const int CountBytes = 2;

    private readonly Queue<UInt128> _latest = new();
    private readonly HashSet<UInt128> _latestKnown = [];
    private readonly LinkedList<HashSet<UInt128>> _beginnings = [];

    /// <summary>A memory of what was kept.</summary>
    /// <param name="kept">What <see cref="ToBytes"/> wrote; empty where nothing was kept.</param>
    public MessageMemory(ReadOnlySpan<byte> kept)
    {
        while (kept.Length >= CountBytes)
        {
            var count = BinaryPrimitives.ReadUInt16LittleEndian(kept);
            kept = kept[CountBytes..];
            var ids = new HashSet<UInt128>(count);
            for (; count > 0 && kept.Length >= IdBytes; count--, kept = kept[IdBytes..])
            {
                ids.Add(BinaryPrimitives.ReadUInt128LittleEndian(kept));
            }

            _beginnings.AddLast(ids);
        }
    }

    /// <summary>Whether what has to be kept changed since <see cref="ToBytes"/>.</summary>
    public bool Changed { get; private set; }

    /// <summary>A connection begins; what it brings first is kept.</summary>
    public void BeginConnection()
    {
        if (_beginnings.Last is { Value.Count: 0 })
        {
            return;
        }

        _beginnings.AddLast(new HashSet<UInt128>());
        if (_beginnings.Count > ConnectionsMax)
        {
            _beginnings.RemoveFirst();
        }
    }

    /// <summary>Whether a message was taken before.</summary>
    public bool Knows(string message) => Knows(Id(message));

    /// <summary>Takes note of a message; what it says is durable.</summary>
    public void Add(string message)
    {
        var id = Id(message);
        if (!Knows(id))
        {
            _latestKnown.Add(id);
            _latest.Enqueue(id);
            if (_latest.Count > LatestMax)
            {
                _latestKnown.Remove(_latest.Dequeue());
            }
        }

        // One that comes again belongs to this beginning too: it is what may come once more after the next interruption.
        if (_beginnings.Last is { Value: { Count: < BeginningMax } beginning } && beginning.Add(id))
        {
            Changed = true;
        }
    }

    /// <summary>What has to be kept.</summary>
    public byte[] ToBytes()
    {
        Changed = false;
        var bytes = new byte[_beginnings.Sum(beginning => CountBytes + (beginning.Count * IdBytes))];
        var rest = bytes.AsSpan();
        foreach (var beginning in _beginnings)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)beginning.Count);
            rest = rest[CountBytes..];
            foreach (var id in beginning)
            {
                BinaryPrimitives.WriteUInt128LittleEndian(rest, id);
                rest = rest[IdBytes..];
            }
        }

        return bytes;
    }

    private bool Knows(UInt128 id) => _latestKnown.Contains(id) || _beginnings.Any(beginning => beginning.Contains(id));

    /// <summary>Agents write 32 hexadecimal digits; of anything else the digest has to do.</summary>
    private static UInt128 Id(string message) =>
        message.Length == 2 * IdBytes && UInt128.TryParse(message, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id)
            ? id
            : BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(message)));
}
