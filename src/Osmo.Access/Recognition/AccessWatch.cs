using Osmo.Access.Roles;
using Osmo.Access.Tokens;
using Osmo.Domain.Errors;

namespace Osmo.Access.Recognition;

/// <summary>
/// Keeps the tokens, keys and roles of the store at hand: it asks every second whether they changed. What was not confirmed for
/// <see cref="AgeMax"/> is not used any more: so nothing that was revoked works for longer than that, at any gateway.
/// </summary>
public sealed class AccessWatch : IDisposable
{
    /// <summary>How long what was read is used without the store's word that it is still so.</summary>
    public static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Unknown credentials make it look again at most this often.</summary>
    private static readonly TimeSpan LookAgainInterval = TimeSpan.FromMilliseconds(100);

    private readonly IAccessStore _store;
    private readonly IRoleSource _roles;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _reading = new(1, 1);
    private volatile Confirmed? _confirmed;

    /// <summary>Creates the watch; <see cref="RunAsync"/> has to run for as long as it is used.</summary>
    public AccessWatch(IAccessStore store, IRoleSource roles, TimeProvider time)
    {
        _store = store;
        _roles = roles;
        _time = time;
    }

    /// <summary>Happens after what is known has changed.</summary>
    public event Action? Changed;

    /// <summary>What is known.</summary>
    /// <exception cref="OsmoException">The store has not confirmed it for too long.</exception>
    public AccessState Read() => _confirmed is { } known && _time.GetElapsedTime(known.At) < AgeMax
        ? known.State
        : throw new OsmoException(
            ErrorCode.Unavailable,
            "Nobody can be let in at the moment: the database has not said for "
            + $"{AgeMax.TotalSeconds:0} seconds who may. Try again; /readyz says what is wrong.");

    /// <summary>Reads what has changed until it is told to end; goes on where the store cannot be used.</summary>
    /// <param name="failed">Is told of every failure.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(Action<Exception> failed, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        do
        {
            try
            {
                await RefreshAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OsmoException failure)
            {
                failed(failure);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Reads what has changed.</summary>
    /// <exception cref="OsmoException">The store cannot be used.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await ReadChangesAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>Looks for what another gateway may have added this moment, unless it did so just now.</summary>
    /// <returns>Whether something changed.</returns>
    /// <exception cref="OsmoException">The store cannot be used.</exception>
    public async Task<bool> LookAgainAsync(AccessState seen, CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_confirmed is not { } known || _time.GetElapsedTime(known.At) >= LookAgainInterval)
            {
                await ReadChangesAsync(cancellationToken).ConfigureAwait(false);
            }

            return !ReferenceEquals(_confirmed?.State, seen);
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _reading.Dispose();

    private async Task ReadChangesAsync(CancellationToken cancellationToken)
    {
        // From before it is asked: an answer that took long is as old as the question.
        var asked = _time.GetTimestamp();
        var revision = await _roles.ReadRevisionAsync(cancellationToken).ConfigureAwait(false);
        var version = await _store.ReadVersionAsync(cancellationToken).ConfigureAwait(false);
        var state = _confirmed?.State;
        if (state is not null && state.Version == version && state.RoleRevision == revision)
        {
            _confirmed = new Confirmed(state, asked);
            return;
        }

        var records = await _store.ReadAsync(cancellationToken).ConfigureAwait(false);
        var table = state?.Roles;
        if (table is null || state?.RoleRevision != revision)
        {
            // Of the number that comes with it: there may have been another change since the question.
            (revision, var roles) = await _roles.ReadAsync(cancellationToken).ConfigureAwait(false);
            table = new RoleTable(PreassignedRoles.Complete(roles));
        }

        _confirmed = new Confirmed(new AccessState(records, revision, table), asked);
        Changed?.Invoke();
    }

    private sealed record Confirmed(AccessState State, long At);
}
