using Osmo.Access.Auditing;
using Osmo.Access.Signing;
using Osmo.Access.Users;
using Osmo.Domain.Errors;

namespace Osmo.Access.Tokens;

/// <summary>Everything that callers are recognized by, as it was at one moment.</summary>
/// <param name="Version">Goes up with every change.</param>
/// <param name="Tokens">All access tokens, expired ones too, by kind, user and name.</param>
/// <param name="Keys">The keys that sign log-ins, the newest first.</param>
/// <param name="Users">All users, by their ids.</param>
public sealed record AccessRecords(
    long Version, IReadOnlyList<AccessToken> Tokens, IReadOnlyList<StoredSigningKey> Keys, IReadOnlyList<StoredUser> Users);

/// <summary>
/// Where access tokens and the keys that sign log-ins are stored, and where users are read (<see cref="IUserStore"/> changes them).
/// Every change is made together with its line in the audit trail. All
/// methods fail with <see cref="OsmoException"/> (<see cref="ErrorCode.Unavailable"/>) where the database cannot be used.
/// </summary>
public interface IAccessStore
{
    /// <summary>The number that goes up with every change; asked every second by every gateway.</summary>
    Task<long> ReadVersionAsync(CancellationToken cancellationToken);

    /// <summary>Everything.</summary>
    Task<AccessRecords> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Adds a token.</summary>
    /// <returns>False where its user has one of that kind and name already; nothing was changed then.</returns>
    Task<bool> AddTokenAsync(AccessToken token, AuditEvent audit, CancellationToken cancellationToken);

    /// <summary>Takes a token away.</summary>
    /// <returns>False where there is none.</returns>
    Task<bool> RemoveTokenAsync(AccessTokenKind kind, string user, string name, AuditEvent audit, CancellationToken cancellationToken);

    /// <summary>Adds a key that signs from now on.</summary>
    /// <param name="key">The key.</param>
    /// <param name="newest">The id of the key that signs now; null where there is none.</param>
    /// <param name="audit">Who adds it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False where another one signs by now; nothing was changed then.</returns>
    Task<bool> AddSigningKeyAsync(StoredSigningKey key, string? newest, AuditEvent audit, CancellationToken cancellationToken);

    /// <summary>Takes a key away: log-ins that it signed are worth nothing from then on.</summary>
    /// <returns>False where there is none.</returns>
    Task<bool> RemoveSigningKeyAsync(string id, AuditEvent audit, CancellationToken cancellationToken);

    /// <summary>Notes when tokens were last used; an older time than the stored one, and a token that is gone, change nothing.</summary>
    Task SetLastUseAsync(IReadOnlyDictionary<string, DateTimeOffset> lastUseById, CancellationToken cancellationToken);
}
