using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Osmo.KubeSim.Faults;
using Osmo.KubeSim.Objects;
using Osmo.KubeSim.Selectors;
using Osmo.KubeSim.Storage;

namespace Osmo.KubeSim.Api;

/// <summary>One open watch of pods or events: what happened since its version, what happens from now on, bookmarks, and its end.</summary>
internal sealed class ObjectWatchStream(
    HttpContext context,
    ObjectKind kind,
    ObjectStore store,
    ObjectSelection selection,
    TimeProvider time,
    FaultPlan faults,
    KubeSimOptions options,
    ListOptions query) : IWatchFaultTarget
{
    private readonly TaskCompletionSource<WatchFault> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isSilenced;

    /// <summary>Silence falls at once; all that ends a watch ends this one. The others are for watches of nodes.</summary>
    public void Inject(WatchFault fault)
    {
        if (fault.Kind == WatchFaultKind.Silence)
        {
            _isSilenced = true;
        }
        else if (fault.Kind is WatchFaultKind.Drop or WatchFaultKind.CutLine or WatchFaultKind.End or WatchFaultKind.ErrorEvent)
        {
            _ended.TrySetResult(fault);
        }
    }

    public async Task RunAsync()
    {
        var cancel = context.RequestAborted;
        var now = time.GetUtcNow();
        var end = now + (query.Timeout ?? options.WatchTimeoutMin);
        var bookmark = now + options.BookmarkInterval;
        var version = query.Version ?? 0;
        if (version == 0)
        {
            var snapshot = store.Current;
            version = snapshot.Version;
            foreach (var item in snapshot.Objects.Values.Where(selection.Matches))
            {
                await ItemAsync(EventKind.Added, item, cancel);
            }
        }

        while (!_ended.Task.IsCompleted && time.GetUtcNow() < end)
        {
            var changed = store.Changed;
            if (!_isSilenced && !faults.WatchesAreSilent)
            {
                if (store.After(version, out var upTo, out var oldest) is not { } changes)
                {
                    await ErrorAsync(Failures.Expired($"too old resource version: {version} ({oldest})").Status, cancel);
                    return;
                }

                foreach (var change in changes.Where(change => selection.Matches(change.Object)))
                {
                    await ItemAsync(change.Kind, change.Object, cancel);
                }

                version = Math.Max(version, upTo);
                if (query.AllowBookmarks && time.GetUtcNow() >= bookmark)
                {
                    bookmark = time.GetUtcNow() + options.BookmarkInterval;
                    await LineAsync("BOOKMARK", Bookmark(version), cancel);
                }
            }

            await WaitAsync(changed, end < bookmark ? end : bookmark, cancel);
        }

        await EndAsync(cancel);
    }

    private async Task EndAsync(CancellationToken cancel)
    {
        if (!_ended.Task.IsCompleted)
        {
            return;
        }

        var fault = await _ended.Task;
        if (fault.Kind == WatchFaultKind.ErrorEvent)
        {
            await ErrorAsync(FaultAnswer.StatusOf(new FaultResponse(fault.Code)), cancel);
        }
        else if (fault.Kind != WatchFaultKind.End)
        {
            context.Abort();
        }
    }

    private async Task WaitAsync(Task changed, DateTimeOffset until, CancellationToken cancel)
    {
        var left = until - time.GetUtcNow();
        if (left <= TimeSpan.Zero)
        {
            return;
        }

        try
        {
            await Task.WhenAny(changed, _ended.Task).WaitAsync(left, time, cancel);
        }
        catch (TimeoutException)
        {
            // A bookmark or the end is due.
        }
    }

    private byte[] Bookmark(ulong version) => Encoding.UTF8.GetBytes(
        $"{{\"kind\":\"{kind.Kind}\",\"apiVersion\":\"v1\",\"metadata\":{{\"resourceVersion\":\"{version}\",\"creationTimestamp\":null}},"
        + kind.Empty + "}");

    private Task ErrorAsync(StatusBody status, CancellationToken cancel) => LineAsync("ERROR", Json.ToUtf8(status.ToJson()), cancel);

    /// <summary>Unlike an item of a list, the object of a line says what it is.</summary>
    private Task ItemAsync(EventKind change, SimulatedObject item, CancellationToken cancel) => LineAsync(
        change.ToString().ToUpperInvariant(),
        (byte[])[.. Encoding.ASCII.GetBytes($"{{\"kind\":\"{kind.Kind}\",\"apiVersion\":\"v1\","), .. item.JsonUtf8.Span[1..]],
        cancel);

    private async Task LineAsync(string type, ReadOnlyMemory<byte> item, CancellationToken cancel)
    {
        var line = new ArrayBufferWriter<byte>(item.Length + 64);
        line.Write(Encoding.ASCII.GetBytes($"{{\"type\":\"{type}\",\"object\":"));
        line.Write(item.Span);
        line.Write("}\n"u8);
        await context.Response.BodyWriter.WriteAsync(line.WrittenMemory, cancel);
    }
}
