using Microsoft.AspNetCore.Http;

namespace Osmo.KubeSim.Api;

/// <summary>A switch of a query as kube-apiserver reads it: on if it is there at all, unless its first value is 0 or false.</summary>
internal static class QueryFlag
{
    public static bool IsOn(IQueryCollection query, string name) =>
        query.TryGetValue(name, out var values)
        && !(values is [{ } first, ..] && (first == "0" || first.Equals("false", StringComparison.OrdinalIgnoreCase)));
}
