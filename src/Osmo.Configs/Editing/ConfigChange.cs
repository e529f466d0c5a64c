using System.Text.Json.Nodes;
using Osmo.Grains.Backends;

namespace Osmo.Configs.Editing;

/// <summary>A type's configuration at a revision.</summary>
/// <param name="Type">The type.</param>
/// <param name="Revision">The revision.</param>
/// <param name="Entries">Its entries by name, with their secrets sealed; not to be changed.</param>
public sealed record ConfigSnapshot(ConfigType Type, long Revision, JsonObject Entries);

/// <summary>A change of a type's configuration.</summary>
/// <param name="Type">The type: any but BACKEND.</param>
/// <param name="Name">What of it changes; empty for the whole.</param>
/// <param name="Audit">Who changes it and why.</param>
/// <param name="UsualDescription">The description where the author gives none.</param>
/// <param name="Edit">
/// The change: given a copy of the entries as they are, which may be changed, it answers the entries as they are to be. It is called anew
/// where another change came first.
/// </param>
public sealed record ConfigChange(
    ConfigType Type, string Name, Audit Audit, string UsualDescription, Func<JsonObject, JsonObject> Edit)
{
    /// <summary>The revision that the author has seen; null where it does not matter.</summary>
    public long? ExpectedRevision { get; init; }
}
