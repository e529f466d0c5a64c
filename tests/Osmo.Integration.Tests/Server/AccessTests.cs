using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Osmo.Testing;
using Osmo.Testing.Channel;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Server;

/// <summary>Who is let in: with tokens, and in development mode without.</summary>
public sealed class AccessTests : IDisposable
{
    private const string AdminToken = "admin-token-for-tests";
    private const string AgentToken = "agent-token-for-tests";

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null, "/api/backends", 401)]
    [InlineData("wrong-token-for-tests", "/api/backends", 401)]
    [InlineData("", "/api/backends", 401)]
    [InlineData(AgentToken, "/api/backends", 403)]
    [InlineData(AgentToken, "/api/configs/backend", 200)]
    [InlineData(AgentToken, "/api/configs/history", 403)]
    [InlineData(AgentToken, "/api/watch", 403)]
    [InlineData(AdminToken, "/api/backends", 200)]
    [InlineData(AdminToken, "/api/configs/history", 200)]
    [InlineData(AdminToken, "/api/agent/channel/backend/east", 403)]
    [InlineData(AgentToken, "/api/agent/channel/backend/east", 426)]
    [InlineData(AgentToken, "/API/BACKENDS", 403)]
    [InlineData(AdminToken, "/API/AGENT/channel/backend/east", 403)]
    [InlineData(null, "/no/such/page", 401)]
    [InlineData(AdminToken, "/no/such/page", 404)]
    [InlineData(null, "/healthz", 200)]
    [InlineData(null, "/readyz", 200)]
    [InlineData(null, "/openapi/v1.json", 200)]
    [InlineData(null, "/status", 401)]
    [InlineData(AdminToken, "/status", 200)]
    [InlineData(AgentToken, "/status", 403)]
    [InlineData(AgentToken, "/api/silos", 403)]
    public async Task Tokens_open_what_they_are_for(string? token, string path, int status)
    {
        await using var server = await StartWithTokensAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }

        using var answer = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)answer.StatusCode);
        if (status >= 400)
        {
            var problem = (await answer.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken))!;
            Assert.Equal(status, (int)problem["status"]!);
            Assert.DoesNotContain(token is { Length: > 0 } ? token : "no-token", problem.ToJsonString(), StringComparison.Ordinal);
        }

        Assert.Equal(status == 401, answer.Headers.WwwAuthenticate.Count > 0);
    }

    [Theory]
    [InlineData(AdminToken, 200)]
    [InlineData("wrong-token-for-tests", 401)]
    public async Task A_browser_gives_the_token_as_a_password(string token, int status)
    {
        await using var server = await StartWithTokensAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/status");
        request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"anybody:{token}")));
        using var answer = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(status == 401, answer.Headers.WwwAuthenticate.Any(challenge => challenge.Scheme == "Basic"));
    }

    [Fact]
    public async Task Agents_connect_with_their_own_token_only()
    {
        await using var server = await StartWithTokensAsync();
        await using var agent = await ScriptedAgent.JoinAsync(server.Url, "east", token: AgentToken);
        Assert.NotNull(agent.Welcome);
        foreach (var token in new[] { null, AdminToken, "wrong-token-for-tests" })
        {
            await Assert.ThrowsAsync<WebSocketException>(() => ScriptedAgent.JoinAsync(server.Url, "east", token: token));
        }
    }

    [Fact]
    public async Task The_name_of_a_change_is_the_tokens_and_not_what_a_header_claims()
    {
        await using var server = await StartWithTokensAsync();
        await using var agent = await ScriptedAgent.JoinAsync(server.Url, "east", token: AgentToken);
        server.Http.DefaultRequestHeaders.Add("Authorization", $"Bearer {AdminToken}");
        Assert.Equal(200, (await server.ConfigureAsync("east", """{"description":"x"}""")).Status);
        var history = await server.GetAsync("/api/configs/history?order=ASC&omit_data=True");
        Assert.Equal("admin", (string?)history["configs"]!.AsArray()[^1]!["username"]);
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Host", "10.0.0.1:8080")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    public async Task Development_mode_refuses_what_comes_from_elsewhere(string header, string value) =>
        Assert.Equal(HttpStatusCode.Forbidden, await DevelopmentModeAnswersAsync(header, value));

    [Theory]
    [InlineData("Host", "localhost:1234")]
    [InlineData("Host", "[::1]:1234")]
    [InlineData("Origin", "http://localhost:3000")]
    public async Task Development_mode_serves_what_comes_from_here(string header, string value) =>
        Assert.Equal(HttpStatusCode.OK, await DevelopmentModeAnswersAsync(header, value));

    [Fact]
    public async Task Every_endpoint_is_in_the_API_description()
    {
        await using var server = await RunningServer.StartAsync();
        var document = await server.GetAsync("/openapi/v1.json");
        var described = document["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Select(operation => $"{operation.Key.ToUpperInvariant()} {path.Key}"))
            .ToHashSet();

        // But for what says only that it is not there.
        var mapped = server.Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText is { } path
                && !path.StartsWith("/openapi", StringComparison.Ordinal) && !path.EndsWith("/{*rest}", StringComparison.Ordinal))
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
                .Select(method => $"{method} {endpoint.RoutePattern.RawText!.TrimEnd('/')}"))
            .ToArray();
        Assert.NotEmpty(mapped);
        Assert.DoesNotContain(mapped, endpoint => !described.Contains(endpoint));
    }

    private async Task<RunningServer> StartWithTokensAsync()
    {
        await File.WriteAllTextAsync(_folder.Of("admin"), AdminToken + "\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_folder.Of("agent"), AgentToken + "\n", TestContext.Current.CancellationToken);
        return await RunningServer.StartAsync(options =>
        {
            options.AdminTokenFile = _folder.Of("admin");
            options.AgentTokenFile = _folder.Of("agent");
        });
    }

    private static async Task<HttpStatusCode> DevelopmentModeAnswersAsync(string header, string value)
    {
        await using var server = await RunningServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/backends");
        request.Headers.TryAddWithoutValidation(header, value);
        using var answer = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
