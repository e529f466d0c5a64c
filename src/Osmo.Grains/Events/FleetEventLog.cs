using System.Runtime.CompilerServices;

namespace Osmo.Grains.Events;

/// <summary>
/// The last events of the fleet in a ring, and watchers that follow it at their own pace. An id is the process's own number and
/// a count, so that an id from before a restart is recognized as one that cannot be resumed.
/// </summary>
public sealed class FleetEventLog : IFleetWatch, IFleetEventSink
{
    /// <summary>How many events are kept; a watcher that is further behind has to read anew.</summary>
    public const int EventsMax = 16_384;

    private const int BatchMax = 256;

    private readonly Lock _gate = new();
    private readonly FleetEvent?[] _ring = new FleetEvent?[EventsMax];
    private readonly string _boot = Guid.NewGuid().ToString("N")[..8];
    private long _next;
    private TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _awaited;

    /// <inheritdoc/>
    public void Publish(FleetEvent happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        Append(happened);
    }

    /// <summary>Events were lost on their way here: whoever follows has to read everything anew.</summary>
    public void Lose() => Append(null);

    /// <inheritdoc/>
    public async IAsyncEnumerable<FleetWatchItem> FollowAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var batch = new List<FleetEvent?>(BatchMax);
        if (!TryStart(after, out var position))
        {
            yield return new FleetWatchItem(Id(position), null);
        }

        while (true)
        {
            var (first, wait) = Read(position, batch);
            if (first > position)
            {
                yield return new FleetWatchItem(Id(first), null);
            }

            position = first;
            foreach (var happened in batch)
            {
                yield return new FleetWatchItem(Id(++position), happened);
            }

            if (batch.Count == 0)
            {
                await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private void Append(FleetEvent? happened)
    {
        TaskCompletionSource? arrived = null;
        lock (_gate)
        {
            _ring[_next++ % EventsMax] = happened;
            if (_awaited)
            {
                arrived = _arrived;
                _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _awaited = false;
            }
        }

        arrived?.SetResult();
    }

    private string Id(long position) => $"{_boot}-{position}";

    private bool TryStart(string? after, out long position)
    {
        lock (_gate)
        {
            position = _next;
            if (after is null)
            {
                return true;
            }

            var dash = after.IndexOf('-', StringComparison.Ordinal);
            var known = dash > 0 && after.AsSpan(0, dash).SequenceEqual(_boot) && long.TryParse(after.AsSpan(dash + 1), out position)
                && position <= _next && position >= Math.Max(0, _next - EventsMax);
            position = known ? position : _next;
            return known;
        }
    }

    /// <summary>Copies events from a position on, or from the oldest there is when that one is gone.</summary>
    private (long First, Task Wait) Read(long position, List<FleetEvent?> batch)
    {
        batch.Clear();
        lock (_gate)
        {
            var first = Math.Max(position, _next - EventsMax);
            for (var i = first; i < _next && batch.Count < BatchMax; i++)
            {
                batch.Add(_ring[i % EventsMax]);
            }

            _awaited |= batch.Count == 0;
            return (first, _arrived.Task);
        }
    }
}
