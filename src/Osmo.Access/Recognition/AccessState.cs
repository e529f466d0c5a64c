using System.Collections.Frozen;
using System.Collections.Immutable;
using Osmo.Access.Roles;
using Osmo.Access.Signing;
using Osmo.Access.Tokens;
using Osmo.Access.Users;

namespace Osmo.Access.Recognition;

/// <summary>All tokens, keys and roles as they were at one moment; immutable.</summary>
public sealed class AccessState
{
    private readonly FrozenDictionary<TokenHash, AccessToken> _byHash;
    private readonly FrozenDictionary<string, AccessToken> _byId;
    private readonly FrozenDictionary<string, StoredUser> _users;

    internal AccessState(AccessRecords records, long roleRevision, RoleTable roles)
    {
        Version = records.Version;
        RoleRevision = roleRevision;
        Roles = roles;
        Keys = [.. records.Keys];
        _byHash = records.Tokens.ToFrozenDictionary(token => token.Hash);
        _byId = records.Tokens.ToFrozenDictionary(token => token.Id, StringComparer.Ordinal);
        _users = records.Users.ToFrozenDictionary(user => user.Id, StringComparer.Ordinal);
    }

    /// <summary>The version of the tokens and keys.</summary>
    public long Version { get; }

    /// <summary>The revision of the roles.</summary>
    public long RoleRevision { get; }

    /// <summary>The roles.</summary>
    public RoleTable Roles { get; }

    /// <summary>The keys that sign log-ins, the newest first.</summary>
    public ImmutableArray<StoredSigningKey> Keys { get; }

    /// <summary>The token with that hash.</summary>
    public AccessToken? Find(TokenHash hash) => _byHash.GetValueOrDefault(hash);

    /// <summary>The token with that id.</summary>
    public AccessToken? FindToken(string id) => _byId.GetValueOrDefault(id);

    /// <summary>The stored user of that name; null where nobody has entered them.</summary>
    public StoredUser? FindUser(string id) => _users.GetValueOrDefault(id);

    /// <summary>The roles that a token gives now: of a stored user's token, those that the user still has.</summary>
    public ImmutableArray<string> RolesOf(AccessToken token) => token.Kind == AccessTokenKind.User && FindUser(token.User) is { } user
        ? [.. token.Roles.Items.Where(user.Has)]
        : token.Roles.Items;

    /// <summary>The roles of somebody whom an identity provider vouches for: what it says, and what they were assigned here.</summary>
    public ImmutableArray<string> RolesOf(string user, ImmutableArray<string> claimed) => FindUser(user) is { Roles.Count: > 0 } stored
        ? [.. claimed.Union(stored.Roles.Select(assignment => assignment.Role), StringComparer.Ordinal)]
        : claimed;

    /// <summary>The key with that id, where what it signed may still be valid.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="now">The time.</param>
    public StoredSigningKey? FindKey(string id, DateTimeOffset now)
    {
        for (var i = 0; i < Keys.Length; i++)
        {
            if (Keys[i].Id == id)
            {
                return i == 0 || now < Keys[i - 1].CreatedAt + SigningKeys.VerifiesAfterSuccessor ? Keys[i] : null;
            }
        }

        return null;
    }
}
