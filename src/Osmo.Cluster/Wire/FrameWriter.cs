using System.Buffers;
using Google.Protobuf;
using Osmo.Protocol;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Wire;

/// <summary>
/// Writes one <see cref="Proto.ClusterFrame"/> after the other, message by message into a buffer that is used again: the frame itself
/// never exists as an object.
/// </summary>
internal sealed class FrameWriter : IDisposable
{
    /// <summary>A frame takes no further message once it is about this large.</summary>
    public const int FrameBytesTarget = 64 * 1024;

    /// <summary>The largest message that fits, with room for what precedes it in a frame.</summary>
    public const int MessageBytesMax = FrameConnection.FrameBytesMax - (2 * FrameBytesTarget);

    private const int LengthDelimited = 2;
    private const int TagAndLengthBytesMax = 6;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FrameBytesTarget);
    private int _length;

    /// <summary>Whether the frame should be sent before more is added.</summary>
    public bool IsFull => _length >= FrameBytesTarget;

    public bool IsEmpty => _length == 0;

    public ReadOnlyMemory<byte> Frame => _buffer.AsMemory(0, _length);

    public void Clear() => _length = 0;

    public void Add(Proto.Call call) => Add(Proto.ClusterFrame.CallsFieldNumber, call);

    public void Add(Proto.Answer answer) => Add(Proto.ClusterFrame.AnswersFieldNumber, answer);

    /// <summary>Numbers of a repeated field stand together where proto3 writes them, but every reader takes them one by one too.</summary>
    public void AddCancelled(ulong id)
    {
        Reserve(1 + 10);
        _buffer[_length++] = (byte)(Proto.ClusterFrame.CancelledFieldNumber << 3);
        WriteVarint(id);
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(Interlocked.Exchange(ref _buffer, []));

    private void Add(int field, IMessage message)
    {
        var size = message.CalculateSize();
        Reserve(TagAndLengthBytesMax + size);
        _buffer[_length++] = (byte)((field << 3) | LengthDelimited);
        WriteVarint((ulong)size);
        message.WriteTo(_buffer.AsSpan(_length, size));
        _length += size;
    }

    private void WriteVarint(ulong value)
    {
        while (value >= 0x80)
        {
            _buffer[_length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _buffer[_length++] = (byte)value;
    }

    private void Reserve(int bytes)
    {
        if (_buffer.Length - _length < bytes)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _length + bytes));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
    }
}
