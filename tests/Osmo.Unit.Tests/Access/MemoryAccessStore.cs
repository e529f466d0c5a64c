using Osmo.Access.Auditing;
using Osmo.Access.Signing;
using Osmo.Access.Tokens;
using Osmo.Access.Users;
using Osmo.Domain.Errors;

namespace Osmo.Unit.Tests.Access;

/// <summary>Tokens and keys in memory, which several gateways share; it can be taken away.</summary>
internal sealed class MemoryAccessStore : IAccessStore
{
    private readonly Lock _gate = new();
    private readonly List<AccessToken> _tokens = [];
    private readonly List<StoredSigningKey> _keys = [];
    private long _version = 1;

    public bool IsAway { get; set; }

    public int VersionReads { get; private set; }

    public IReadOnlyList<StoredSigningKey> Keys => _keys;

    /// <summary>The users; <see cref="SetUsers"/> changes them.</summary>
    public IReadOnlyList<StoredUser> Users { get; private set; } = [];

    public Task<long> ReadVersionAsync(CancellationToken cancellationToken) => UseAsync(() =>
    {
        VersionReads++;
        return _version;
    });

    public Task<AccessRecords> ReadAsync(CancellationToken cancellationToken) =>
        UseAsync(() => new AccessRecords(_version, [.. _tokens], [.. _keys], [.. Users]));

    public Task<bool> AddTokenAsync(AccessToken token, AuditEvent audit, CancellationToken cancellationToken) =>
        ChangeAsync(() =>
        {
            _tokens.Add(token);
            return true;
        });

    public Task<bool> RemoveTokenAsync(
        AccessTokenKind kind, string user, string name, AuditEvent audit, CancellationToken cancellationToken) =>
        ChangeAsync(() => _tokens.RemoveAll(token => token.Kind == kind && token.User == user && token.Name == name) > 0);

    public Task<bool> AddSigningKeyAsync(
        StoredSigningKey key, string? newest, AuditEvent audit, CancellationToken cancellationToken) => ChangeAsync(() =>
    {
        if (_keys.FirstOrDefault()?.Id != newest)
        {
            return false;
        }

        _keys.Insert(0, key);
        return true;
    });

    public Task<bool> RemoveSigningKeyAsync(string id, AuditEvent audit, CancellationToken cancellationToken) =>
        ChangeAsync(() => _keys.RemoveAll(key => key.Id == id) > 0);

    public Task SetLastUseAsync(IReadOnlyDictionary<string, DateTimeOffset> lastUseById, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    public void SetUsers(params StoredUser[] users)
    {
        lock (_gate)
        {
            Users = users;
            _version++;
        }
    }

    private Task<bool> ChangeAsync(Func<bool> change) => UseAsync(() =>
    {
        var changed = change();
        _version += changed ? 1 : 0;
        return changed;
    });

    private Task<T> UseAsync<T>(Func<T> use)
    {
        lock (_gate)
        {
            return IsAway
                ? Task.FromException<T>(new OsmoException(ErrorCode.Unavailable, "The store is away."))
                : Task.FromResult(use());
        }
    }
}
