using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Osmo.Access.Auditing;
using Osmo.Access.Recognition;
using Osmo.Access.Secrets;
using Osmo.Access.Tokens;
using Osmo.Domain.Backends;
using Osmo.Server.Hosting;
using Osmo.Testing;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Access;

/// <summary>A server with tokens, and requests with and without credentials.</summary>
internal sealed class AccessScene : IAsyncDisposable
{
    public const string AdminToken = "admin-token-for-tests";
    public const string AgentToken = "agent-token-for-tests";

    private readonly ScratchFolder _folder = new();

    private AccessScene()
    {
    }

    public RunningServer Server { get; private set; } = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<AccessScene> StartAsync(Action<OsmoServerOptions>? configure = null)
    {
        var scene = new AccessScene();
        await File.WriteAllTextAsync(scene._folder.Of("admin"), AdminToken, Cancel);
        await File.WriteAllTextAsync(scene._folder.Of("agent"), AgentToken, Cancel);
        scene.Server = await RunningServer.StartAsync(options =>
        {
            options.AdminTokenFile = scene._folder.Of("admin");
            options.AgentTokenFile = scene._folder.Of("agent");
            configure?.Invoke(options);
        });
        return scene;
    }

    /// <summary>Sends a request.</summary>
    public async Task<Answer> SendAsync(
        string method, string path, string? credential = null, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (credential is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {credential}");
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await Server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        var isStream = answer.Content.Headers.ContentType?.MediaType == "text/event-stream";
        return new Answer(answer.StatusCode, isStream ? "" : await answer.Content.ReadAsStringAsync(Cancel));
    }

    /// <summary>Makes a service token as an administrator does.</summary>
    public async Task<string> CreateTokenAsync(string name, params string[] roles)
    {
        var day = TimeProvider.System.GetUtcNow().AddDays(30).ToString("yyyy-MM-dd");
        var query = string.Concat(roles.Select(role => $"&roles={role}"));
        var answer = await SendAsync("POST", $"/api/auth/access_token/service/{name}?expires_at={day}{query}", AdminToken);
        return answer.Status == HttpStatusCode.OK ? (string)answer.Json! : throw new InvalidOperationException(answer.Text);
    }

    public Task<Answer> DeleteTokenAsync(string name) => SendAsync("DELETE", $"/api/auth/access_token/service/{name}", AdminToken);

    /// <summary>Exchanges a token for a log-in.</summary>
    public async Task<string> LogInAsync(string token)
    {
        var answer = await SendAsync("POST", "/api/auth/jwt/access_token", body: new JsonObject { ["token"] = token }.ToJsonString());
        return answer.Status == HttpStatusCode.OK ? (string)answer.Json!["token"]! : throw new InvalidOperationException(answer.Text);
    }

    /// <summary>A token that ended yesterday, as if it had been made long ago.</summary>
    public async Task<string> PlantExpiredTokenAsync(string name, params string[] roles)
    {
        var services = Server.Services;
        var text = TokenText.Create();
        var token = new AccessToken(
            TokenText.CreateId(),
            AccessTokenKind.Service,
            name,
            name,
            TokenText.Hash(services.GetRequiredService<SecretsKeyRing>(), text))
        {
            Roles = new TextList([.. roles]),
            ExpiresOn = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(-1),
        };
        var audit = new AuditEvent(default, "test", "create", name, "", "");
        Assert.True(await services.GetRequiredService<IAccessStore>().AddTokenAsync(token, audit, Cancel));
        await services.GetRequiredService<AccessWatch>().RefreshAsync(Cancel);
        return text;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    internal sealed record Answer(HttpStatusCode Status, string Text)
    {
        public JsonNode? Json => JsonNode.Parse(Text);
    }
}
