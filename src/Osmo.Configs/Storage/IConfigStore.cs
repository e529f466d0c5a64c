using System.Collections.Immutable;
using Osmo.Domain.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Configs.Storage;

/// <summary>
/// Where configurations are durable, with every revision there was. Any process may write: a change is made only to the revision that its
/// author has seen, so that none is lost. The revisions of backends are here to be read, tagged and deleted; their grains write them.
/// </summary>
public interface IConfigStore
{
    /// <summary>The number of the newest revision of a type: a small question, for whoever asks often.</summary>
    /// <param name="type">Any type.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The number; 0 where the type has no revision yet.</returns>
    /// <exception cref="OsmoException">The store cannot be read now (<see cref="ErrorCode.Unavailable"/>).</exception>
    Task<long> ReadNewestNumberAsync(ConfigType type, CancellationToken cancellationToken);

    /// <summary>The newest revision of a type, also where it is the only one.</summary>
    /// <param name="type">Any type but BACKEND.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The revision with its document; null where the type has none yet.</returns>
    /// <exception cref="OsmoException">The store cannot be read now (<see cref="ErrorCode.Unavailable"/>).</exception>
    Task<ConfigRevision?> ReadNewestAsync(ConfigType type, CancellationToken cancellationToken);

    /// <summary>One revision of a type, also a deleted one.</summary>
    /// <returns>The revision; null where there was none.</returns>
    Task<ConfigRevision?> ReadRevisionAsync(ConfigType type, long revision, CancellationToken cancellationToken);

    /// <summary>The revisions that a query asks for; deleted ones never.</summary>
    Task<IReadOnlyList<ConfigRevision>> ReadHistoryAsync(ConfigHistoryQuery query, CancellationToken cancellationToken);

    /// <summary>Makes the next revision of a type, in one transaction, if the newest one is still the expected one.</summary>
    /// <param name="draft">The revision.</param>
    /// <param name="expected">The newest revision that the author has seen; 0 for none.</param>
    /// <param name="cancellationToken">Ends the wait; the revision may be made all the same.</param>
    /// <returns>
    /// The number of the new revision, or of the one that the same request made before; null where another revision is the newest by now,
    /// and nothing was changed.
    /// </returns>
    /// <exception cref="OsmoException">The store cannot write now (<see cref="ErrorCode.Unavailable"/>).</exception>
    Task<long?> AppendAsync(ConfigDraft draft, long expected, CancellationToken cancellationToken);

    /// <summary>The revision that a request made; null where none of that name did.</summary>
    /// <param name="type">Any type but BACKEND.</param>
    /// <param name="requestKey">The request's name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<AppliedRequest?> FindRequestAsync(ConfigType type, string requestKey, CancellationToken cancellationToken);

    /// <summary>Changes the tags of a revision.</summary>
    /// <param name="type">The type.</param>
    /// <param name="revision">The revision.</param>
    /// <param name="add">Tags that it is to have.</param>
    /// <param name="remove">Tags that it is not to have.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether there is such a revision.</returns>
    Task<bool> TagAsync(
        ConfigType type, long revision, ImmutableArray<string> add, ImmutableArray<string> remove, CancellationToken cancellationToken);

    /// <summary>Hides a revision from the history. The newest one cannot be hidden.</summary>
    /// <param name="type">The type.</param>
    /// <param name="revision">The revision.</param>
    /// <param name="username">Who asks for it.</param>
    /// <param name="at">When.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<RevisionDeletion> DeleteRevisionAsync(
        ConfigType type, long revision, string username, DateTimeOffset at, CancellationToken cancellationToken);
}

/// <summary>What became of a revision that was to be deleted.</summary>
public enum RevisionDeletion
{
    /// <summary>It is deleted now.</summary>
    Deleted,

    /// <summary>There is none, or it was deleted before.</summary>
    NotFound,

    /// <summary>It is the newest of its type.</summary>
    Newest,
}
