using System.Text.Json.Nodes;
using System.Threading.Channels;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Nodes;

/// <summary>
/// Follows nodes: the list first, then each node that changed so that its row differs. Changes that come fast are taken together,
/// because only the newest state of a node is of interest.
/// </summary>
internal sealed class NodeWatch(FleetApi api, string? backend, NodeFilter filter, OutputFormat format, CliTerminal terminal)
{
    private const int QueueEvents = 4_096;

    // More changed nodes than this at once are cheaper to read as a list.
    private const int SingleNodesMax = 50;

    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<(string Backend, string Node), string> _shown = [];
    private readonly FreshnessWatch _freshness = new(api, backend, terminal);
    private readonly RowStream _rows = new(NodeRow.Headings(format == OutputFormat.Wide), format, terminal);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var queue = Channel.CreateBounded<FleetEvent>(QueueEvents);
        await _freshness.BeginAsync(cancellationToken);
        var following = FollowAsync(queue.Writer, stop.Token);
        var freshness = _freshness.RunAsync(queue.Writer, stop.Token);
        try
        {
            while (await queue.Reader.WaitToReadAsync(cancellationToken))
            {
                await Task.Delay(Gather, terminal.Time, cancellationToken);
                var events = new List<FleetEvent>();
                while (events.Count < QueueEvents && queue.Reader.TryRead(out var happened))
                {
                    events.Add(happened);
                }

                await ShowAsync(events, cancellationToken);
            }

            await following;
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(following, freshness).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(ChannelWriter<FleetEvent> queue, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            await foreach (var happened in FleetEvents.FollowAsync(api.Client, backend, terminal, cancellationToken))
            {
                await queue.WriteAsync(happened, cancellationToken);
            }
        }
        catch (Exception error)
        {
            failure = error;
        }

        queue.Complete(failure);
    }

    private async Task ShowAsync(List<FleetEvent> events, CancellationToken cancellationToken)
    {
        var changed = events
            .Where(happened => happened.Kind is "node" or "node-deleted")
            .Select(happened => (Backend: (string?)happened.Data["backend"] ?? "", Node: FleetApi.NameOf(happened.Data)))
            .Distinct()
            .ToArray();
        var rows = new List<(string[], JsonObject, string)>();
        if (changed.Length > SingleNodesMax || events.Exists(happened => happened.Kind is FleetEvents.Resync or "backend-deleted"))
        {
            await AddAllAsync(rows, cancellationToken);
        }
        else
        {
            foreach (var (owner, node) in changed)
            {
                var found = await api.NodeAsync(owner, node, cancellationToken);
                Add(rows, owner, node, found, isWanted: found is not null && filter.Matches(found));
            }
        }

        if (rows.Count > 0 || _shown.Count == 0)
        {
            _rows.Write(rows);
        }
    }

    private async Task AddAllAsync(List<(string[], JsonObject, string)> rows, CancellationToken cancellationToken)
    {
        var gone = _shown.Keys.ToHashSet();
        foreach (var owner in backend is null ? (await api.BackendsAsync(cancellationToken)).Select(FleetApi.NameOf) : [backend])
        {
            foreach (var node in await api.NodesAsync(owner, filter, cancellationToken))
            {
                Add(rows, owner, FleetApi.NameOf(node), node, isWanted: true);
                gone.Remove((owner, FleetApi.NameOf(node)));
            }
        }

        // They are deleted, or are not of those that the filter wants any more: that is not the same.
        foreach (var group in gone.GroupBy(node => node.Backend))
        {
            var existing = (await ExistingAsync(group.Key, cancellationToken)).ToDictionary(FleetApi.NameOf);
            foreach (var (owner, node) in group)
            {
                Add(rows, owner, node, existing.GetValueOrDefault(node), isWanted: false);
            }
        }
    }

    private async Task<IReadOnlyList<JsonObject>> ExistingAsync(string owner, CancellationToken cancellationToken)
    {
        try
        {
            return await api.NodesAsync(owner, new NodeFilter(null, null, null), cancellationToken);
        }
        catch (CliError missing) when (missing.ExitCode == ExitCode.BadInput)
        {
            return [];
        }
    }

    private void Add(List<(string[], JsonObject, string)> rows, string owner, string name, JsonObject? node, bool isWanted)
    {
        var wide = format == OutputFormat.Wide;
        if (node is null)
        {
            if (_shown.Remove((owner, name)))
            {
                var gone = new JsonObject { ["backend"] = owner, ["name"] = name, ["deleted"] = true };
                rows.Add((NodeRow.Deleted(owner, name, wide), gone, $"node/{name}"));
            }

            return;
        }

        if (!isWanted && !_shown.ContainsKey((owner, name)))
        {
            return;
        }

        var cells = NodeRow.Cells(owner, node, wide, terminal.Time);
        var shown = string.Join('\n', Age.IsStale(node) ? NodeRow.Cells(owner, Age.Without(node), wide, terminal.Time) : cells);
        if (_shown.GetValueOrDefault((owner, name)) != shown)
        {
            _shown[(owner, name)] = shown;
            rows.Add((cells, Brief(owner, node), $"node/{name}"));
        }

        // Its last row says how it left: it is not followed any more.
        if (!isWanted)
        {
            _shown.Remove((owner, name));
        }
    }

    /// <summary>The same members whether the node came from a list or alone.</summary>
    private static JsonObject Brief(string owner, JsonObject node) => new()
    {
        ["backend"] = owner,
        ["name"] = FleetApi.NameOf(node),
        ["available"] = node["available"]?.DeepClone(),
        ["available_since"] = node["available_since"]?.DeepClone(),
        ["unschedulable"] = node["unschedulable"]?.DeepClone(),
        ["reasons"] = node["reasons"]?.DeepClone(),
        ["verified_label"] = (node["verified_label"] ?? node["label"]?["seen"])?.DeepClone(),
        ["as_of"] = node["as_of"]?.DeepClone(),
        ["age_seconds"] = node["age_seconds"]?.DeepClone(),
        ["stale"] = node["stale"]?.DeepClone(),
    };
}
