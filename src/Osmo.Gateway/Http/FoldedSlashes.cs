using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Osmo.Gateway.Http;

/// <summary>
/// Folds repeated slashes in paths, which some clients send: before anything else looks at the path, so that nothing is reached by a way
/// that access control did not see.
/// </summary>
internal sealed partial class FoldedSlashes(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Path.Value is { } path && path.Contains("//", StringComparison.Ordinal))
        {
            context.Request.Path = Slashes().Replace(path, "/");
        }

        return next(context);
    }

    [GeneratedRegex("/{2,}")]
    private static partial Regex Slashes();
}
