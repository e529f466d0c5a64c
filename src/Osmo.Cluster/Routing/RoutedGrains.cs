using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Nodes;

namespace Osmo.Cluster.Routing;

/// <summary>A reference to a backend's grain, wherever it runs.</summary>
internal sealed class RoutedBackend(ICallRouter router, BackendName name) : IBackendGrain
{
    public Task<BackendStatus> GetAsync(CancellationToken cancellationToken) =>
        router.CallAsync(name, GetCall.Instance, cancellationToken);

    public Task<BackendRecord> ConfigureAsync(
        ConfigEdit edit, Audit audit, long? expectedRevision, CancellationToken cancellationToken) =>
        router.CallAsync(name, new ConfigureCall(edit, Repeatable(audit), expectedRevision), cancellationToken);

    public Task DeleteAsync(Audit audit, long? expectedRevision, CancellationToken cancellationToken) =>
        router.CallAsync(name, new DeleteCall(Repeatable(audit), expectedRevision), cancellationToken);

    /// <summary>A silo cuts a page that is too large for a message: what is left of it is asked for here.</summary>
    public async Task<NodePage> ListNodesAsync(NodeQuery query, CancellationToken cancellationToken)
    {
        var page = await router.CallAsync(name, new ListNodesCall(query), cancellationToken).ConfigureAwait(false);
        while (page.Continue is { } after && page.Nodes.Length < query.Limit)
        {
            var rest = query with { After = after, Limit = query.Limit - page.Nodes.Length };
            var next = await router.CallAsync(name, new ListNodesCall(rest), cancellationToken).ConfigureAwait(false);
            page = new NodePage(page.Nodes.AddRange(next.Nodes), next.Continue);
        }

        return page;
    }

    public Task<BackendPlacement> PingAsync(CancellationToken cancellationToken) =>
        router.CallAsync(name, PingCall.Instance, cancellationToken);

    /// <summary>
    /// Where the caller gave the request no name, it gets one that nobody else has: then tries that follow an unknown outcome are known
    /// as the same request. Its digest says nothing, for the name stands for one change only.
    /// </summary>
    private static Audit Repeatable(Audit audit) =>
        audit.Request is null ? audit with { Request = new RequestId(Guid.NewGuid().ToString("N"), Digest: 0) } : audit;
}

/// <summary>A reference to a node's grain, wherever it runs.</summary>
internal sealed class RoutedNode(ICallRouter router, BackendName backend, string node) : INodeGrain
{
    public Task<NodeExplanation> ExplainAsync(CancellationToken cancellationToken) =>
        router.CallAsync(backend, new ExplainNodeCall(node), cancellationToken);
}
