using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Grains.Nodes;

namespace Osmo.Grains.Backends;

/// <summary>What operators ask of a backend.</summary>
public sealed partial class BackendGrain
{
    /// <inheritdoc/>
    public Task<BackendStatus> GetAsync(CancellationToken cancellationToken) => ReadAsync(
        (roster, view) => roster.Status(view, time.GetUtcNow()), cancellationToken);

    /// <inheritdoc/>
    public Task<NodePage> ListNodesAsync(NodeQuery query, CancellationToken cancellationToken) => ReadAsync(
        (roster, view) => roster.ListNodes(query, view.Record!, time.GetUtcNow()), cancellationToken);

    /// <inheritdoc/>
    public async Task<BackendRecord> ConfigureAsync(
        ConfigEdit edit, Audit audit, long? expectedRevision, CancellationToken cancellationToken)
    {
        var (record, applied, changed) = await ChangeAsync(
            turn =>
            {
                var earlier = turn.Applied(audit.Request);
                return (Earlier: earlier, Changed: earlier is null && turn.Configure(edit, audit, expectedRevision));
            },
            (_, staged) => (Record: _state!.View.Record, staged.Earlier, staged.Changed),
            cancellationToken);
        if (changed)
        {
            _reviewing = ReviewAsync();
        }

        // A request that is repeated waits for what its first try has begun.
        await _reviewing.WaitAsync(cancellationToken);
        if (applied is { } revision && record?.Revision != revision)
        {
            return await ReadAtAsync(revision, cancellationToken);
        }

        return record! with { LastHeartbeat = _state!.LastHeartbeat };
    }

    /// <inheritdoc/>
    public Task DeleteAsync(Audit audit, long? expectedRevision, CancellationToken cancellationToken) => ChangeAsync(
        turn =>
        {
            if (turn.Applied(audit.Request) is null)
            {
                turn.Delete(audit, expectedRevision);
            }

            return true;
        },
        (_, done) => done,
        cancellationToken);

    private async Task<TAnswer> ReadAsync<TAnswer>(Func<Roster, BackendView, TAnswer> read, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        await _roster!.Configuring.WaitAsync(cancellationToken);
        ThrowIfOver();
        var (roster, view) = (_roster!, _state!.View);
        if (view.Record is null)
        {
            // The store was asked just now; an activation of a name that nobody has is of no use.
            Leave();
            throw new OsmoException(
                ErrorCode.NotFound,
                $"Backend {_name} is not found. A backend appears when its agent connects; list the backends to see which there are.");
        }

        var answer = read(roster, view with { LastHeartbeat = _state.LastHeartbeat });
        await ConfirmAsync(roster, cancellationToken);
        return answer;
    }

    /// <summary>
    /// Runs a turn for an operator. If nothing had to be made durable, the answer waits until the store has confirmed that this activation
    /// still has the backend: a refusal, too, says something about the newest state. Of a name that is not registered the store was asked.
    /// </summary>
    private async Task<TAnswer> ChangeAsync<TStaged, TAnswer>(
        Func<BackendTurn, TStaged> stage, Func<BackendTurn, TStaged, TAnswer> answer, CancellationToken cancellationToken)
    {
        try
        {
            var (result, isDurable) = await TurnAsync(
                stage, (turn, staged) => (answer(turn, staged), turn.IsDurable), cancellationToken);
            if (!isDurable && _state?.View.Record is not null)
            {
                await ConfirmAsync(_roster!, cancellationToken);
            }

            return result;
        }
        catch (OsmoException refusal)
            when (refusal.Code is not (ErrorCode.Moved or ErrorCode.Unavailable) && _state?.View.Record is not null)
        {
            await ConfirmAsync(_roster!, cancellationToken);
            throw;
        }
    }

    /// <summary>The answer to a repeated request is what the request itself left, and not what later changes made of it.</summary>
    private async Task<BackendRecord> ReadAtAsync(long revision, CancellationToken cancellationToken)
    {
        var entry = await store.ReadBackendAtAsync(_name, revision, cancellationToken);
        return entry is { Change.DocumentJson: { } document }
            ? BackendDocument.Read(_name, document, revision)
            : throw new OsmoException(ErrorCode.NotFound, $"Backend {_name} was deleted by a later change.");
    }
}
