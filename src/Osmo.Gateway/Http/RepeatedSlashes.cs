using Microsoft.AspNetCore.Http;

namespace Osmo.Gateway.Http;

/// <summary>Takes several slashes in a path for one: some of OSMO's clients write two behind the server's address.</summary>
internal static class RepeatedSlashes
{
    private const string Two = "//";

    public static Task FoldAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.Value is { } path && path.Contains(Two, StringComparison.Ordinal))
        {
            context.Request.Path = "/" + string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries))
                + (path.EndsWith('/') && path.Trim('/').Length > 0 ? "/" : "");
        }

        return next(context);
    }
}
