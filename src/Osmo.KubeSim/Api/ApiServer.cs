using Microsoft.AspNetCore.Http;
using Osmo.KubeSim.Faults;
using Osmo.KubeSim.Objects;

namespace Osmo.KubeSim.Api;

/// <summary>The request pipeline: headers, faults, who asks, what for, and the handler.</summary>
internal sealed class ApiServer
{
    private const string NodesPath = "/api/v1/nodes";
    private const string CorePath = "/api/v1/";

    private readonly SimulatedCluster _cluster;
    private readonly FaultPlan _faults;
    private readonly RequestCounters _counters;
    private readonly Authenticator _authenticator;
    private readonly Discovery _discovery;
    private readonly ListHandler _lists;
    private readonly WatchHandler _watches;
    private readonly NodeHandler _nodes;
    private readonly ObjectHandler _pods;
    private readonly ObjectHandler _events;
    private readonly StorageGate _storage;
    private readonly string _flowSchemaUid = Guid.NewGuid().ToString();
    private readonly string _priorityLevelUid = Guid.NewGuid().ToString();

    public ApiServer(SimulatedCluster cluster, FaultPlan faults, RequestCounters counters, KubeSimOptions options)
    {
        (_cluster, _faults, _counters) = (cluster, faults, counters);
        _authenticator = new Authenticator(options);
        _discovery = new Discovery(cluster);
        _lists = new ListHandler(cluster, faults, options);
        _watches = new WatchHandler(cluster, faults, options, _lists, counters);
        _nodes = new NodeHandler(cluster, _lists);
        _pods = new ObjectHandler(ObjectKind.Pod, cluster.Pods, cluster, faults, options);
        _events = new ObjectHandler(ObjectKind.Event, cluster.Events, cluster, faults, options);
        _storage = new StorageGate(faults, options);
    }

    public async Task HandleAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers["Audit-Id"] = Guid.NewGuid().ToString();
        headers.CacheControl = "no-cache, private";
        try
        {
            await RouteAsync(context);
        }
        catch (ApiException e) when (!context.Response.HasStarted)
        {
            await Answer.StatusAsync(context, e.Status);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            var reason = e.StatusCode == StatusCodes.Status413PayloadTooLarge ? "RequestEntityTooLarge" : "BadRequest";
            await Answer.StatusAsync(context, new StatusBody(e.StatusCode, reason, e.Message));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone, or a fault cut the connection.
        }
    }

    private async Task RouteAsync(HttpContext context)
    {
        if (_faults.RefuseConnections)
        {
            context.Abort();
            return;
        }

        var path = context.Request.Path.Value ?? "/";
        if (path is "/healthz" or "/livez" or "/readyz")
        {
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync("ok", context.RequestAborted);
            return;
        }

        if (HttpMethods.IsGet(context.Request.Method) && CollectionOf(path) is { } collection)
        {
            await CollectionAsync(context, collection.Resource, collection.Namespace);
            return;
        }

        var target = TargetOf(context.Request, path);
        if (target is not null)
        {
            _counters.Count(target.Verb);
            if (_faults.Take(target.Verb, target.Name) is { } fault)
            {
                await FaultAnswer.WriteAsync(context, fault);
                return;
            }
        }

        var user = await _authenticator.AuthenticateAsync(context);
        context.Response.Headers["X-Kubernetes-Pf-Flowschema-Uid"] = _flowSchemaUid;
        context.Response.Headers["X-Kubernetes-Pf-Prioritylevel-Uid"] = _priorityLevelUid;
        if (target is null)
        {
            await FixedAsync(context, path);
            return;
        }

        if (!user.May(target.Verb) || _faults.IsRevoked(target.Verb))
        {
            context.Response.Headers.XContentTypeOptions = "nosniff";
            throw Failures.Forbidden(user.Name, target.Verb, target.Resource, target.Subresource, target.Name);
        }

        await _storage.PassAsync(context, target.Verb);
        await DispatchAsync(context, target);
    }

    /// <summary>To rights and faults, the verbs of pods and events are "list pods", "watch pods", "list events", "watch events".</summary>
    private async Task CollectionAsync(HttpContext context, string resource, string? ns)
    {
        var verb = ApiRequest.VerbOf(context.Request, null);
        var right = $"{verb} {resource}";
        _counters.Count(right);
        if (_faults.Take(right, null) is { } fault)
        {
            await FaultAnswer.WriteAsync(context, fault);
            return;
        }

        var user = await _authenticator.AuthenticateAsync(context);
        if (!user.May(right) || _faults.IsRevoked(right))
        {
            throw Failures.Forbidden(user.Name, verb, resource, null, null, ns);
        }

        await _storage.PassAsync(context, verb);
        var handler = resource == ObjectKind.Pod.Resource ? _pods : _events;
        await (verb == "watch" ? handler.WatchAsync(context, ns) : handler.ListAsync(context, ns));
    }

    private Task DispatchAsync(HttpContext context, ApiRequest target) => (target.Verb, target.Name) switch
    {
        ("list", null) => _lists.HandleAsync(context),
        ("watch", _) => _watches.HandleAsync(context, target.Name),
        ("create", null) => _nodes.CreateAsync(context),
        ("get", { } name) => _nodes.GetAsync(context, name),
        ("update", { } name) => _nodes.UpdateAsync(context, name, target.Subresource),
        ("patch", { } name) => _nodes.PatchAsync(context, name, target.Subresource),
        ("delete", { } name) when target.Subresource is null => _nodes.DeleteAsync(context, name),
        _ => throw Failures.MethodNotAllowed(),
    };

    private async Task FixedAsync(HttpContext context, string path)
    {
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            throw Failures.MethodNotAllowed();
        }

        var document = _discovery.Find(path.Length > 1 ? path.TrimEnd('/') : path);
        if (document is null)
        {
            var parts = path.Split('/');
            throw parts is [_, "api", "v1", "namespaces", { Length: > 0 } name]
                ? Failures.NotFound("namespaces", name)
                : Failures.NoSuchPath();
        }

        await Answer.JsonAsync(context, document);
    }

    /// <summary>Pods or events, and of which namespace; null for another path.</summary>
    private static (string Resource, string? Namespace)? CollectionOf(string path) =>
        !path.StartsWith(CorePath, StringComparison.Ordinal) ? null : path[CorePath.Length..].Split('/') switch
        {
            [("pods" or "events") and { } resource] => (resource, null),
            ["namespaces", { Length: > 0 } ns, ("pods" or "events") and { } resource] => (resource, ns),
            _ => null,
        };

    private static ApiRequest? TargetOf(HttpRequest request, string path)
    {
        if (!path.StartsWith(NodesPath, StringComparison.Ordinal))
        {
            return null;
        }

        var rest = path[NodesPath.Length..];
        if (rest.Length == 0 || rest == "/")
        {
            return new ApiRequest(ApiRequest.VerbOf(request, null), "nodes", null, null);
        }

        return rest[1..].Split('/') switch
        {
            [{ Length: > 0 } name] when rest[0] == '/' => new ApiRequest(ApiRequest.VerbOf(request, name), "nodes", name, null),
            [{ Length: > 0 } name, "status"] => new ApiRequest(ApiRequest.VerbOf(request, name), "nodes", name, "status"),
            _ => null,
        };
    }
}
