using System.Collections.Immutable;

namespace Osmo.Access.Roles;

/// <summary>What whoever has the role may do.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Policies">It allows what any of them allows.</param>
/// <param name="IsImmutable">Whether the document calls it immutable. Which roles are protected is not the document's to say.</param>
public sealed record Role(string Name, string Description, ImmutableArray<RolePolicy> Policies, bool IsImmutable = false)
{
    /// <summary>Whether the role allows the request.</summary>
    /// <param name="method">The request's method; <see cref="RoleAction.WebSocket"/> for one that opens a WebSocket.</param>
    /// <param name="path">Its path without the query.</param>
    public bool Allows(string method, ReadOnlySpan<char> path)
    {
        foreach (var policy in Policies)
        {
            if (policy.Allows(method, path))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public bool Equals(Role? other) =>
        other is not null && other.Name == Name && other.Description == Description && other.IsImmutable == IsImmutable
        && Policies.SequenceEqual(other.Policies);

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);
}
