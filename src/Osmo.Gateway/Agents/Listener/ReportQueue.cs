using System.Collections.Immutable;
using System.Threading.Channels;
using Osmo.Grains.Listeners;

namespace Osmo.Gateway.Agents.Listener;

/// <summary>
/// Messages of one connection that wait for the grain, in their order: as many as <see cref="ReportsMax"/>, and no more bytes than
/// <see cref="BytesMax"/>, so that an agent whose backend is slow is read no further. One writer and one reader.
/// </summary>
internal sealed class ReportQueue
{
    /// <summary>Most messages that wait.</summary>
    public const int ReportsMax = 1_000;

    /// <summary>The size of the frames from which no further one is taken.</summary>
    public const int BytesMax = 16 * 1024 * 1024;

    /// <summary>Most messages that go to the grain at once.</summary>
    private const int BatchMax = 256;

    private readonly Lock _gate = new();
    private readonly Queue<(ListenerReport Report, int Bytes)> _waiting = new();
    private readonly Channel<bool> _arrived = Signal();
    private readonly Channel<bool> _left = Signal();
    private int _bytes;
    private int _underWay;

    /// <summary>Whether everything that was added is done.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count == 0 && _underWay == 0;
            }
        }
    }

    /// <summary>Adds a message if there is room.</summary>
    /// <param name="report">The message.</param>
    /// <param name="bytes">The size of its frame.</param>
    public bool TryAdd(ListenerReport report, int bytes)
    {
        lock (_gate)
        {
            if (_waiting.Count >= ReportsMax || _bytes >= BytesMax)
            {
                return false;
            }

            _waiting.Enqueue((report, bytes));
            _bytes += bytes;
            _arrived.Writer.TryWrite(true);
            return true;
        }
    }

    /// <summary>Adds a message when there is room; see <see cref="TryAdd"/>.</summary>
    public async ValueTask AddAsync(ListenerReport report, int bytes, CancellationToken cancellationToken)
    {
        while (!TryAdd(report, bytes))
        {
            await _left.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes what waits, when there is something. What was taken before is done by then.</summary>
    public async ValueTask<ImmutableArray<ListenerReport>> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTake() is { Length: > 0 } reports)
            {
                return reports;
            }

            await _arrived.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private ImmutableArray<ListenerReport> TryTake()
    {
        lock (_gate)
        {
            _underWay = Math.Min(_waiting.Count, BatchMax);
            var reports = ImmutableArray.CreateBuilder<ListenerReport>(_underWay);
            while (reports.Count < _underWay)
            {
                var (report, bytes) = _waiting.Dequeue();
                _bytes -= bytes;
                reports.Add(report);
            }

            if (_underWay > 0)
            {
                _left.Writer.TryWrite(true);
            }

            return reports.MoveToImmutable();
        }
    }

    /// <summary>Says that something happened to whoever waits for it; said twice it is no more than once.</summary>
    private static Channel<bool> Signal() =>
        System.Threading.Channels.Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
}
