using Osmo.Domain.Backends;

namespace Osmo.Grains.Backends;

/// <summary>Who makes a change and why.</summary>
/// <param name="Username">The user, or <c>system</c>.</param>
/// <param name="Description">The reason, in words; null for the usual sentence of that change.</param>
/// <param name="Tags">Tags for the revision.</param>
/// <param name="Request">Names the request, where it may be repeated; null where it may not.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.audit")]
public sealed record Audit(
    [property: Id(0)] string Username,
    [property: Id(1)] string? Description,
    [property: Id(2)] TextList Tags,
    [property: Id(3)] RequestId? Request = null)
{
    /// <summary>A change that Osmo makes by itself.</summary>
    public static Audit System { get; } = new("system", null, TextList.Empty);
}
