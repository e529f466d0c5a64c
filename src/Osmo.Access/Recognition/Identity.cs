using System.Collections.Immutable;
using Osmo.Access.Roles;

namespace Osmo.Access.Recognition;

/// <summary>A caller that was recognized, with what its roles allow at the moment.</summary>
public sealed class Identity
{
    private readonly ImmutableArray<Role> _roles;

    internal Identity(Principal principal, ImmutableArray<Role> roles, RequestBudget budget)
    {
        Principal = principal;
        _roles = roles;
        Budget = budget;
    }

    /// <summary>Who it is.</summary>
    public Principal Principal { get; }

    /// <summary>How many requests it may make.</summary>
    public RequestBudget Budget { get; }

    /// <summary>Whether one of the roles allows the request.</summary>
    /// <param name="method">Its method; <see cref="RoleAction.WebSocket"/> for one that opens a WebSocket.</param>
    /// <param name="path">Its path without the query.</param>
    public bool Allows(string method, ReadOnlySpan<char> path)
    {
        foreach (var role in _roles)
        {
            if (role.Allows(method, path))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>The answer to a credential: who it belongs to, or why it is refused.</summary>
/// <param name="Identity">Who it belongs to; null where it is refused.</param>
/// <param name="Refusal">Why it is refused, for its holder; null where it is not.</param>
public readonly record struct AccessAnswer(Identity? Identity, string? Refusal);
