using System.Collections.Concurrent;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;

namespace Osmo.Server.Display;

/// <summary>Remembers the latest nodes whose verdict changed, with the reason in words.</summary>
internal sealed class VerdictTicker(IGrainEngine engine)
{
    private const int LinesMax = 8;
    private const int NodesMax = 200_000;

    private readonly ConcurrentQueue<string> _lines = [];
    private readonly Dictionary<(string Backend, string Node), bool> _known = [];

    /// <summary>The latest lines, newest last.</summary>
    public IReadOnlyList<string> Latest => [.. _lines];

    /// <summary>Follows the fleet until cancelled, and then returns normally.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            await foreach (var item in engine.Watch.FollowAsync(after: null, stopping))
            {
                if (item.Event is { Kind: FleetEventKind.NodeChanged } changed)
                {
                    await NoteAsync(changed, stopping);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private async Task NoteAsync(FleetEvent changed, CancellationToken stopping)
    {
        var node = changed.Node!;
        var key = (changed.Backend.Value, node.Name);
        var isNew = !_known.TryGetValue(key, out var before);
        if (isNew && _known.Count >= NodesMax)
        {
            return;
        }

        _known[key] = node.Available;
        if (isNew || before == node.Available)
        {
            return;
        }

        try
        {
            var explained = await engine.GetNode(changed.Backend, node.Name).ExplainAsync(stopping);
            var reasons = string.Join("; ", explained.Verdict.Reasons.Select(reason => reason.Sentence));
            Add($"{changed.Backend}/{node.Name} {(node.Available ? "is available" : "is unavailable: " + reasons)}");
        }
        catch (OsmoException)
        {
            // Gone since.
        }
    }

    private void Add(string line)
    {
        _lines.Enqueue(line);
        while (_lines.Count > LinesMax)
        {
            _lines.TryDequeue(out _);
        }
    }
}
