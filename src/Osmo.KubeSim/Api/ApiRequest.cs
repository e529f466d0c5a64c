using Microsoft.AspNetCore.Http;

namespace Osmo.KubeSim.Api;

/// <summary>A request to the nodes resource, with Kubernetes' verb for it.</summary>
internal sealed record ApiRequest(string Verb, string Resource, string? Name, string? Subresource)
{
    /// <summary>The verb of a request on a collection (<paramref name="name"/> null) or an object.</summary>
    public static string VerbOf(HttpRequest request, string? name) => request.Method switch
    {
        "GET" or "HEAD" when name is not null && !IsWatch(request) => "get",
        "GET" or "HEAD" => IsWatch(request) ? "watch" : "list",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => name is null ? "deletecollection" : "delete",
        _ => request.Method.ToLowerInvariant(),
    };

    private static bool IsWatch(HttpRequest request) => QueryFlag.IsOn(request.Query, "watch");
}
