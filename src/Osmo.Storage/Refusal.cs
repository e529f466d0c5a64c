using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Storage;

/// <summary>What the fence says to a writer that lost: nothing was applied, and whoever is asked again may have it.</summary>
internal static class Refusal
{
    /// <summary>The refusal of a backend's change.</summary>
    public static OsmoException Of(BackendCommit commit) => commit.Creates
        ? new OsmoException(
            ErrorCode.Moved, $"Backend {commit.Backend} exists already: another activation created it. Nothing was changed; ask again.")
        : Of(commit.Backend);

    /// <summary>The refusal of a node's change whose activation has not the backend any more.</summary>
    public static OsmoException Of(BackendName backend) => new(
        ErrorCode.Moved, $"Another activation has backend {backend} by now, or it was deleted. Nothing was changed; ask again.");

    /// <summary>The refusal of a node's change that expects another row.</summary>
    public static OsmoException OfVersion(NodeWrite write) => new(
        ErrorCode.Moved,
        $"The row of node {write.Node} of backend {write.Backend} is not the one that this change was made for: another activation wrote "
        + "it. Nothing was changed; load the backend again.");
}
