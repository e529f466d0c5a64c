using System.Collections.Concurrent;
using Osmo.Domain.Errors;
using Osmo.Gateway.Calls;
using Osmo.Grains.Events;

namespace Osmo.Server.Display;

/// <summary>Remembers the latest nodes whose verdict changed, with the reason in words.</summary>
internal sealed class VerdictTicker(BackendCalls calls, IFleetWatch watch)
{
    private const int LinesMax = 8;
    private const int NodesMax = 200_000;

    private readonly ConcurrentQueue<string> _lines = [];
    private readonly Dictionary<(string Backend, string Node), bool> _known = [];

    /// <summary>The latest lines, newest last.</summary>
    public IReadOnlyList<string> Latest => [.. _lines];

    /// <summary>Nodes whose verdict is remembered, to tell a change from a first sight.</summary>
    public int Known => _known.Count;

    /// <summary>Follows the fleet until cancelled, and then returns normally.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            await foreach (var item in watch.FollowAsync(after: null, stopping))
            {
                if (item.Event is { } happened)
                {
                    await NoteAsync(happened, stopping);
                }
                else
                {
                    // Deletions may be among what was lost.
                    _known.Clear();
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private ValueTask NoteAsync(FleetEvent happened, CancellationToken stopping)
    {
        switch (happened.Kind)
        {
            case FleetEventKind.NodeChanged:
                return NoteChangeAsync(happened, stopping);
            case FleetEventKind.NodeDeleted:
                _known.Remove((happened.Backend.Value, happened.Node!.Name));
                break;
            case FleetEventKind.BackendDeleted:
                foreach (var key in _known.Keys.Where(key => key.Backend == happened.Backend.Value).ToList())
                {
                    _known.Remove(key);
                }

                break;
            case FleetEventKind.BackendChanged:
            default:
                break;
        }

        return ValueTask.CompletedTask;
    }

    private async ValueTask NoteChangeAsync(FleetEvent changed, CancellationToken stopping)
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
            var explained = await calls.ExplainAsync(changed.Backend, node.Name, stopping);
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
        _lines.Enqueue(TerminalText.Line(line));
        while (_lines.Count > LinesMax)
        {
            _lines.TryDequeue(out _);
        }
    }
}
