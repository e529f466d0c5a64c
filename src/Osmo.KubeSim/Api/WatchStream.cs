using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Osmo.KubeSim.Faults;
using Osmo.KubeSim.Storage;

namespace Osmo.KubeSim.Api;

/// <summary>One open watch: follows the event window, sends bookmarks, ends at its timeout, and does what faults tell it.</summary>
internal sealed class WatchStream : IWatchFaultTarget
{
    private const int BatchEventsMax = 64;
    private const int PendingFaultsMax = 1024;

    private static readonly Task Never = new TaskCompletionSource().Task;

    private readonly HttpContext _context;
    private readonly SimulatedCluster _cluster;
    private readonly FaultPlan _faults;
    private readonly KubeSimOptions _options;
    private readonly ListOptions _query;
    private readonly WatchWriter _writer;
    private readonly ConcurrentQueue<WatchFault> _pending = new();
    private readonly DateTimeOffset _end;
    private readonly DateTimeOffset? _closing;
    private DateTimeOffset _nextBookmark;
    private TaskCompletionSource _injected = New();
    private ulong _told;
    private volatile bool _isSilenced;

    public WatchStream(
        HttpContext context, SimulatedCluster cluster, FaultPlan faults, KubeSimOptions options, ListOptions query, WatchWriter writer)
    {
        (_context, _cluster, _faults, _options, _query, _writer) = (context, cluster, faults, options, query, writer);
        var now = cluster.Time.GetUtcNow();
        var timeout = query.Timeout ?? options.WatchTimeoutMin * (1 + Random.Shared.NextDouble());
        _end = now + timeout;
        // A very short watch gets no bookmark before its end.
        _closing = timeout > 2 * options.BookmarkBeforeEnd ? _end - options.BookmarkBeforeEnd : null;
        _nextBookmark = Earlier(now + options.BookmarkInterval, _closing ?? DateTimeOffset.MaxValue);
    }

    /// <summary>Only changes above this version are sent.</summary>
    public ulong StartAfter { get; set; }

    private bool IsSilent => _isSilenced || _faults.WatchesAreSilent;

    public void Inject(WatchFault fault)
    {
        if (fault.Kind == WatchFaultKind.Silence)
        {
            // At once: nothing that happens from now on is told any more.
            _isSilenced = true;
        }
        else if (_pending.Count < PendingFaultsMax)
        {
            _pending.Enqueue(fault);
            Volatile.Read(ref _injected).TrySetResult();
        }
    }

    public async Task RunAsync(long cursor)
    {
        var cancel = _context.RequestAborted;
        var batch = new List<StoreEvent>(BatchEventsMax);
        // What lies behind the starting point is no slowness of the client.
        var backlogMax = Math.Max(_options.WatchBacklogEventsMax, _cluster.Store.Lag(cursor) + _options.WatchBacklogEventsMax);
        while (!cancel.IsCancellationRequested)
        {
            var changed = _cluster.Store.Changed;
            // Renewed before the queue is looked at: a fault that comes later completes the new one.
            if (_injected.Task.IsCompleted)
            {
                Volatile.Write(ref _injected, New());
            }

            var injected = _injected.Task;
            if (!await TakeFaultsAsync(cancel))
            {
                return;
            }

            if (IsSilent)
            {
                await WaitAsync(_isSilenced ? Never : _faults.SilenceEnded, injected, _end, cancel);
                if (_cluster.Time.GetUtcNow() >= _end)
                {
                    return;
                }

                continue;
            }

            batch.Clear();
            var before = cursor;
            if (!_cluster.Store.TryRead(ref cursor, batch, BatchEventsMax, backlogMax, out var version))
            {
                return;
            }

            if (IsSilent)
            {
                // Fell silent just now: what was read may have happened since.
                cursor = before;
                continue;
            }

            await TellAsync(batch, version, cancel);
            var now = _cluster.Time.GetUtcNow();
            if (now >= _end)
            {
                return;
            }

            if (batch.Count < BatchEventsMax)
            {
                await BookmarkIfDueAsync(now, batch.Count > 0 ? batch[^1].Version : version, cancel);
            }

            if (batch.Count == 0)
            {
                await WaitAsync(changed, injected, Earlier(_end, _nextBookmark), cancel);
            }
        }
    }

    private async Task TellAsync(List<StoreEvent> batch, ulong version, CancellationToken cancel)
    {
        foreach (var entry in batch)
        {
            if (entry.Version > StartAfter)
            {
                await _writer.EventAsync(entry, cancel);
            }
        }

        _told = Math.Max(batch.Count == 0 ? version : batch[^1].Version, StartAfter);
    }

    private async Task BookmarkIfDueAsync(DateTimeOffset now, ulong version, CancellationToken cancel)
    {
        if (now < _nextBookmark)
        {
            return;
        }

        var closing = _closing is { } start && now >= start;
        _nextBookmark = closing
            ? now + (_options.BookmarkBeforeEnd / 2)
            : Earlier(now + _options.BookmarkInterval, _closing ?? DateTimeOffset.MaxValue);
        if (_query.AllowBookmarks && version >= StartAfter)
        {
            await _writer.BookmarkAsync(version, endOfInitialEvents: false, cancel);
        }
    }

    /// <summary>Does what was injected; false when the watch is over.</summary>
    private async Task<bool> TakeFaultsAsync(CancellationToken cancel)
    {
        while (_pending.TryDequeue(out var fault))
        {
            switch (fault.Kind)
            {
                case WatchFaultKind.Drop:
                    _context.Abort();
                    return false;
                case WatchFaultKind.CutLine:
                    await _writer.HalfLineAsync(cancel);
                    _context.Abort();
                    return false;
                case WatchFaultKind.CutLineThenEnd:
                    await _writer.HalfLineAsync(cancel);
                    return false;
                case WatchFaultKind.GarbageLine:
                    await _writer.GarbageAsync(cancel);
                    break;
                case WatchFaultKind.ErrorEvent:
                    await _writer.ErrorAsync(FaultAnswer.StatusOf(new FaultResponse(fault.Code)), cancel);
                    return false;
                case WatchFaultKind.Bookmark:
                    await _writer.BookmarkAsync(Math.Max(_told, StartAfter), endOfInitialEvents: false, cancel);
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    private async Task WaitAsync(Task changed, Task injected, DateTimeOffset until, CancellationToken cancel)
    {
        var left = until - _cluster.Time.GetUtcNow();
        if (left <= TimeSpan.Zero || changed.IsCompleted)
        {
            return;
        }

        try
        {
            await Task.WhenAny(changed, injected).WaitAsync(left, _cluster.Time, cancel);
        }
        catch (TimeoutException)
        {
            // A bookmark or the end is due.
        }
    }

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
