using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Osmo.Gateway.Access;

/// <summary>
/// The path by which a request is judged: that of the endpoint that serves it, with the request's parameters. Routing takes words in any
/// case and a slash at the end; roles do not, and nobody shall get around one by writing a path in another way.
/// </summary>
internal static class AccessPath
{
    /// <summary>A parameter of this name is a configuration type, which routes take in any case.</summary>
    private const string CaseBlindParameter = "type";

    /// <summary>The path of a request; as it was sent, where no endpoint serves it.</summary>
    public static string Of(HttpContext context)
    {
        if (context.GetEndpoint() is not RouteEndpoint endpoint)
        {
            return context.Request.Path.Value ?? "/";
        }

        var path = new StringBuilder();
        foreach (var segment in endpoint.RoutePattern.PathSegments)
        {
            var start = path.Length;
            path.Append('/');
            foreach (var part in segment.Parts)
            {
                path.Append(part switch
                {
                    RoutePatternLiteralPart literal => literal.Content,
                    RoutePatternSeparatorPart separator => separator.Content,
                    RoutePatternParameterPart parameter => Value(context, parameter.Name),
                    _ => "",
                });
            }

            // An optional parameter that was not given.
            path.Length = path.Length == start + 1 ? start : path.Length;
        }

        return path.Length == 0 ? "/" : path.ToString();
    }

    /// <summary>Another path, from its template.</summary>
    public static string Fill(string template, HttpContext context)
    {
        foreach (var (name, _) in context.Request.RouteValues)
        {
            template = template.Replace($"{{{name}}}", Value(context, name), StringComparison.Ordinal);
        }

        return template;
    }

    private static string Value(HttpContext context, string parameter)
    {
        var value = context.Request.RouteValues.TryGetValue(parameter, out var given) ? given as string ?? "" : "";
        return parameter == CaseBlindParameter ? value.ToLowerInvariant() : value;
    }
}
