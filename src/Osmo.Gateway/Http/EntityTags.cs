using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Osmo.Gateway.Http;

/// <summary>
/// The entity tag of a backend is the revision of its configuration. Status fields such as the last heartbeat change without it:
/// it guards changes against each other, and is no key for caches.
/// </summary>
internal static class EntityTags
{
    public static void Set(HttpResponse response, long revision)
    {
        response.Headers.ETag = $"\"{revision}\"";
        response.Headers.CacheControl = "no-store";
    }

    /// <summary>A revision that no backend has: the tag of a condition that cannot hold.</summary>
    private const long NoRevision = -1;

    /// <summary>
    /// The revision that <c>If-Match</c> names; null where the header is missing or <c>*</c>. A tag that is weak, or was never one
    /// of ours, matches nothing.
    /// </summary>
    /// <exception cref="BadHttpRequestException">The header holds no entity tag, or several.</exception>
    public static long? IfMatch(HttpRequest request)
    {
        var text = request.Headers[HeaderNames.IfMatch].ToString().Trim();
        if (text.Length == 0 || text == "*")
        {
            return null;
        }

        if (!EntityTagHeaderValue.TryParse(text, out var tag))
        {
            throw new BadHttpRequestException("If-Match must hold one ETag as a GET of the backend returned it, such as \"42\".");
        }

        var isRevision = long.TryParse(tag.Tag.AsSpan().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var revision);
        return isRevision && !tag.IsWeak ? revision : NoRevision;
    }
}
