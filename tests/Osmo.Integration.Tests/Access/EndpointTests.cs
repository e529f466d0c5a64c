using System.Net;
using Microsoft.AspNetCore.Routing;
using Xunit;

namespace Osmo.Integration.Tests.Access;

/// <summary>Every endpoint has a rule: it is one of the few open ones, or it needs a role.</summary>
public sealed class EndpointTests
{
    // Whoever adds a line here opens something to everybody.
    private static readonly string[] Open =
    [
        "GET /healthz", "GET /readyz", "GET /openapi/{documentName}.json", "GET /api/version", "GET /client/version",
        "GET /api/auth/login", "GET /api/auth/keys", "GET /api/auth/jwt/access_token", "POST /api/auth/jwt/access_token",
    ];

    // What everybody may call who is recognized, whatever their roles.
    private static readonly string[] OfEverybodyKnown = ["GET /api/auth/access_token"];

    [Fact]
    public async Task Every_endpoint_is_open_by_name_or_refuses_who_has_no_token_and_who_has_no_role()
    {
        await using var scene = await AccessScene.StartAsync();
        var token = await scene.CreateTokenAsync("nobody");
        var (open, guarded) = (new List<string>(), 0);
        foreach (var (method, template) in Mapped(scene))
        {
            var path = Fill(template);
            var anonymous = await scene.SendAsync(method, path);
            if (anonymous.Status != HttpStatusCode.Unauthorized)
            {
                open.Add($"{method} {template}");
                continue;
            }

            var expected = OfEverybodyKnown.Contains($"{method} {template}") ? HttpStatusCode.OK : HttpStatusCode.Forbidden;
            var known = await scene.SendAsync(method, path, token);
            Assert.True(known.Status == expected, $"{method} {template} with a token without roles: {known.Status}");
            guarded++;
        }

        Assert.Equal(Open.Order(StringComparer.Ordinal), open.Order(StringComparer.Ordinal));
        Assert.True(guarded > 20, $"only {guarded} endpoints are guarded");
    }

    [Fact]
    public async Task An_administrator_may_call_every_endpoint_but_those_of_agents()
    {
        await using var scene = await AccessScene.StartAsync();
        foreach (var (method, template) in Mapped(scene).Where(endpoint => endpoint.Method == "GET"))
        {
            var answer = await scene.SendAsync(method, Fill(template), AccessScene.AdminToken);
            var isOfAgents = template.StartsWith("/api/agent/", StringComparison.Ordinal);
            Assert.True(isOfAgents == (answer.Status == HttpStatusCode.Forbidden), $"{method} {template}: {answer.Status}");
        }
    }

    [Theory]
    [InlineData("/api/no/such/thing", 403)]
    [InlineData("/", 403)]
    [InlineData("/API/BACKENDS", 403)]
    [InlineData("/api/backends/", 403)]
    [InlineData("/api/auth/../backends", 403)]
    [InlineData("/api/auth/%2e%2e/backends", 403)]
    [InlineData("/API/version", 200)]
    public async Task A_path_written_in_another_way_is_judged_as_what_it_reaches(string path, int status)
    {
        await using var scene = await AccessScene.StartAsync();
        var token = await scene.CreateTokenAsync("nobody");
        Assert.Equal(status, (int)(await scene.SendAsync("GET", path, token)).Status);
    }

    private static IEnumerable<(string Method, string Template)> Mapped(AccessScene scene) => scene.Server.Endpoints
        .OfType<RouteEndpoint>()
        .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
            .Select(method => (method, "/" + endpoint.RoutePattern.RawText!.Trim('/'))))
        .Distinct();

    private static string Fill(string template) => template
        .Replace("{documentName}", "v1", StringComparison.Ordinal)
        .Replace("{name}", "x", StringComparison.Ordinal)
        .Replace("{node}", "n", StringComparison.Ordinal)
        .Replace("{user}", "u", StringComparison.Ordinal)
        .Replace("{", "", StringComparison.Ordinal)
        .Replace("}", "", StringComparison.Ordinal);
}
