using Microsoft.AspNetCore.Builder;

namespace Osmo.Gateway.Access;

/// <summary>What access control has to know of an endpoint. One that says nothing needs a caller whose roles allow its path.</summary>
public static class EndpointAccess
{
    /// <summary>Lets everybody in, recognized or not.</summary>
    public static TBuilder OpenToEverybody<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.With(OpenEndpoint.Instance);

    /// <summary>
    /// Is looked at in a browser, which knows how to ask for a password and not for a token: takes a token as the password, too.
    /// </summary>
    public static TBuilder AsPage<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.With(PageEndpoint.Instance);

    /// <summary>Opens a WebSocket, which is a method of its own to roles, and stays open.</summary>
    internal static TBuilder AsWebSocket<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.With(WebSocketEndpoint.Instance).StaysOpen();

    /// <summary>Answers for as long as the caller listens: the answer ends when the caller would be refused.</summary>
    internal static TBuilder StaysOpen<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.With(LastingEndpoint.Instance);

    /// <summary>Lets in, too, who may call one of these paths: what roles written for OSMO name differently.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="templates">Paths with the endpoint's parameters in braces.</param>
    internal static TBuilder AlsoAllowedBy<TBuilder>(this TBuilder endpoint, params string[] templates)
        where TBuilder : IEndpointConventionBuilder => endpoint.With(new OtherPaths(templates));

    private static TBuilder With<TBuilder>(this TBuilder endpoint, object metadata)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoint.Add(builder => builder.Metadata.Add(metadata));
        return endpoint;
    }
}

/// <summary>Marks an endpoint that is open to everybody.</summary>
public sealed class OpenEndpoint
{
    private OpenEndpoint()
    {
    }

    internal static OpenEndpoint Instance { get; } = new();
}

/// <summary>Marks a page for browsers.</summary>
internal sealed class PageEndpoint
{
    public static PageEndpoint Instance { get; } = new();
}

/// <summary>Marks an endpoint of WebSockets.</summary>
internal sealed class WebSocketEndpoint
{
    public static WebSocketEndpoint Instance { get; } = new();
}

/// <summary>Marks an endpoint whose answers last.</summary>
internal sealed class LastingEndpoint
{
    public static LastingEndpoint Instance { get; } = new();
}

/// <summary>Other paths whose permission suffices.</summary>
/// <param name="Templates">Paths with parameters in braces.</param>
internal sealed record OtherPaths(string[] Templates);
