using System.Collections.Concurrent;

namespace Osmo.Storage.Sqlite;

/// <summary>
/// Which activation has which backend: the fence of a database that one process has. An activation has a backend since it loaded or
/// created it in this process, so nothing of it has to be stored. The writer changes it; everybody reads what was committed.
/// </summary>
internal sealed class SqliteActivations
{
    private readonly ConcurrentDictionary<string, long> _held = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long?> _changes = new(StringComparer.Ordinal);

    /// <summary>Whether an activation has a backend, by what was committed.</summary>
    public bool IsHeld(string backend, long activation) => _held.TryGetValue(backend, out var held) && held == activation;

    /// <summary>Whether an activation has a backend, by what was committed and by the transaction under way.</summary>
    public bool MayWrite(string backend, long activation) =>
        _changes.TryGetValue(backend, out var changed) ? changed == activation : IsHeld(backend, activation);

    /// <summary>Gives a backend to an activation, or to none if it was deleted, once the transaction under way is committed.</summary>
    public void Set(string backend, long? activation) => _changes[backend] = activation;

    /// <summary>The transaction is committed.</summary>
    public void Commit()
    {
        foreach (var (backend, activation) in _changes)
        {
            if (activation is { } held)
            {
                _held[backend] = held;
            }
            else
            {
                _held.TryRemove(backend, out _);
            }
        }

        _changes.Clear();
    }

    /// <summary>The transaction was rolled back.</summary>
    public void Rollback() => _changes.Clear();
}
