using System.Collections.Immutable;

namespace Osmo.Access.Roles;

/// <summary>Actions that are looked at in their order.</summary>
/// <param name="Actions">The actions.</param>
public sealed record RolePolicy(ImmutableArray<RoleAction> Actions)
{
    /// <summary>Whether the policy allows the request: an action does, and none refuses it.</summary>
    /// <param name="method">The request's method.</param>
    /// <param name="path">Its path.</param>
    public bool Allows(string method, ReadOnlySpan<char> path)
    {
        var isAllowed = false;
        foreach (var action in Actions)
        {
            if (action.Matches(method, path))
            {
                if (action.Refuses)
                {
                    return false;
                }

                isAllowed = true;
            }
        }

        return isAllowed;
    }

    /// <inheritdoc/>
    public bool Equals(RolePolicy? other) => other is not null && Actions.SequenceEqual(other.Actions);

    /// <inheritdoc/>
    public override int GetHashCode() => Actions.Length;
}
