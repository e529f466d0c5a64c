using System.Diagnostics;

namespace Osmo.Storage;

/// <summary>
/// The trace of what is done once for many callers: a span below that of the first caller who is traced, with links to those of the others.
/// </summary>
internal static class GroupTrace
{
    private const int CallersMax = 129;

    private static readonly ActivitySource Source = new("Osmo.Storage");

    /// <summary>Begins a span; null if none of the callers is traced.</summary>
    public static Activity? Start(string name, IEnumerable<Activity?> callers)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var traced = callers.OfType<Activity>().Where(caller => caller.Recorded).Select(caller => caller.Context)
            .Distinct().Take(CallersMax).ToArray();
        return traced is [var first, .. var others]
            ? Source.StartActivity(name, ActivityKind.Internal, first, links: others.Select(other => new ActivityLink(other)))
            : null;
    }
}
