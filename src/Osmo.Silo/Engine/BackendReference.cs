using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;

namespace Osmo.Silo.Engine;

/// <summary>A reference to a backend grain of this process.</summary>
internal sealed class BackendReference(LocalGrainEngine engine, BackendName name, TimeProvider time) : IBackendGrain
{
    public async Task<BackendStatus> GetAsync(CancellationToken cancellationToken) =>
        await engine.ReadAsync(name, grain => grain.Status(time.GetUtcNow()), cancellationToken).ConfigureAwait(false)
        ?? throw Unknown(name);

    public async Task<BackendRecord> ConfigureAsync(
        ConfigEdit edit, Audit audit, long? expectedRevision, CancellationToken cancellationToken)
    {
        var (record, applied) = await engine.CallAsync(
            name,
            new TurnCall<long?, (BackendRecord?, long?)>(
                turn =>
                {
                    var earlier = turn.Applied(audit.Request);
                    if (earlier is null)
                    {
                        turn.Configure(edit, audit, expectedRevision);
                    }

                    return earlier;
                },
                (grain, earlier) => (grain.View.Record is { } now ? now with { LastHeartbeat = grain.View.LastHeartbeat } : null, earlier)),
            cancellationToken).ConfigureAwait(false);
        return applied is { } revision && record?.Revision != revision
            ? await ReadAtAsync(revision, cancellationToken).ConfigureAwait(false)
            : record!;
    }

    public Task DeleteAsync(Audit audit, long? expectedRevision, CancellationToken cancellationToken) => engine.CallAsync(
        name,
        new TurnCall<bool, bool>(
            turn =>
            {
                if (turn.Applied(audit.Request) is null)
                {
                    turn.Delete(audit, expectedRevision);
                }

                return true;
            },
            (_, done) => done),
        cancellationToken);

    public async Task<NodePage> ListNodesAsync(NodeQuery query, CancellationToken cancellationToken) =>
        await engine.ReadAsync(name, grain => grain.ListNodes(query), cancellationToken).ConfigureAwait(false) ?? throw Unknown(name);

    public async Task<BackendPlacement> PingAsync(CancellationToken cancellationToken)
    {
        var call = new TurnCall<bool, bool>(_ => true, (_, done) => done);
        var claim = await engine.EnqueueAsync(name, call, cancellationToken).ConfigureAwait(false);
        await call.Answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new BackendPlacement(engine.Silo.Id, BackendShard.Of(name), claim?.Epoch);
    }

    internal static OsmoException Unknown(BackendName name) => new(
        ErrorCode.NotFound,
        $"Backend {name} is not found. A backend appears when its agent connects; list the backends to see which there are.");

    /// <summary>The answer to a repeated request is what the request itself left, and not what later changes made of it.</summary>
    private async Task<BackendRecord> ReadAtAsync(long revision, CancellationToken cancellationToken)
    {
        var entry = await engine.Store.ReadBackendAtAsync(name, revision, cancellationToken).ConfigureAwait(false);
        return entry is { Change.DocumentJson: { } document } ? BackendDocument.Read(name, document, revision) : throw Unknown(name);
    }
}
