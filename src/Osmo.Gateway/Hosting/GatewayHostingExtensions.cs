using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Osmo.Access.Recognition;
using Osmo.Gateway.Access;
using Osmo.Gateway.Access.Routes;
using Osmo.Gateway.Agents;
using Osmo.Gateway.Calls;
using Osmo.Gateway.Cluster;
using Osmo.Gateway.Configs;
using Osmo.Gateway.Fleet;
using Osmo.Gateway.Http;

namespace Osmo.Gateway.Hosting;

/// <summary>
/// Puts a gateway into a web application. Orleans (an <c>IGrainFactory</c>), an <c>IBackendStore</c>, an <c>IFleetWatch</c> and an
/// <c>ISiloDirectory</c> have to be there too.
/// </summary>
public static class GatewayHostingExtensions
{
    /// <summary>
    /// The gateway's services. With <see cref="AccessHostingExtensions.AddStoredAccess"/> it knows the tokens of the store as well.
    /// </summary>
    public static IServiceCollection AddGateway(this IServiceCollection services, GatewayOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddFrontDoor(options);
        services.AddMetrics();
        services.AddSingleton(options.Calls);
        services.AddSingleton<BackendCalls>();
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<AgentConversations>();
        services.AddExceptionHandler<ProblemWriter>();
        services.Configure<RouteHandlerOptions>(routing => routing.ThrowOnBadRequest = true);
        services.AddOpenApi("v1");
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.PropertyNamingPolicy = GatewayJson.Names);
        services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = Limits.BodyBytesMax;
        });
        return services;
    }

    /// <summary>
    /// The middleware that every way in needs, whatever is behind it: errors as problem details, access control, bounds.
    /// </summary>
    public static WebApplication UseFrontDoor(this WebApplication app)
    {
        app.UseForwardedAddresses();
        app.UseExceptionHandler(_ => { });
        app.UseStatusCodePages(context => DescribeStatusAsync(context.HttpContext));
        app.Use((HttpContext context, RequestDelegate next) => RepeatedSlashes.FoldAsync(context, next));
        app.UseRouting();
        app.UseMiddleware<AccessMiddleware>();
        app.UseMiddleware<BodyLimit>();
        app.UseWebSockets(new WebSocketOptions
        {
            KeepAliveInterval = TimeSpan.FromSeconds(15),
            KeepAliveTimeout = TimeSpan.FromSeconds(20),
        });
        return app;
    }

    /// <summary>The gateway's endpoints.</summary>
    public static WebApplication MapGateway(this WebApplication app)
    {
        app.MapOpenApi("/openapi/{documentName}.json").OpenToEverybody();
        app.MapVersionRoutes();
        if (app.Services.GetService<StoredAccess>() is not null)
        {
            app.UseMiddleware<AuditMiddleware>();
            app.MapLoginRoutes();
            app.MapTokenRoutes();
            app.MapUserRoutes();
            app.MapSigningKeyRoutes();
            app.MapAuditRoutes();
        }

        app.MapAbsentServices();
        app.MapBackendConfigRoutes();
        app.MapFleetRoutes();
        app.MapWatchRoutes();
        app.MapSiloRoutes();
        app.MapAgentRoutes();
        app.MapListenerRoutes();
        return app;
    }

    /// <summary>Answers that the framework makes without a body.</summary>
    private static Task DescribeStatusAsync(HttpContext context)
    {
        const string Advice = "See /openapi/v1.json for what there is.";
        var status = context.Response.StatusCode;
        var (code, detail) = status switch
        {
            StatusCodes.Status404NotFound => ("NoSuchEndpoint", "There is no such endpoint."),
            StatusCodes.Status405MethodNotAllowed => ("MethodNotAllowed", "The endpoint does not take this method."),
            _ => ("BadRequest", "The request cannot be served as it is."),
        };
        return ProblemWriter.WriteAsync(context, status, code, $"{detail} {Advice}");
    }
}
