using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.Json;
using System.Text;
using Microsoft.Extensions.Logging;
using Osmo.Server.Hosting;
using Osmo.Testing;
using Xunit;

namespace Osmo.Integration.Tests.Server;

/// <summary>A server on a free port with a database of its own, and a client for it.</summary>
public sealed class RunningServer : IAsyncDisposable
{
    private readonly ScratchFolder _folder = new();
    private OsmoServer _server = null!;

    public HttpClient Http { get; private set; } = null!;

    public Uri Url => _server.Url;

    public static async Task<RunningServer> StartAsync()
    {
        var running = new RunningServer();
        await running.OpenAsync();
        return running;
    }

    /// <summary>Stops the server and starts another one on the same database.</summary>
    public async Task RestartAsync()
    {
        Http.Dispose();
        await _server.DisposeAsync();
        await OpenAsync();
    }

    public async Task<JsonNode> GetAsync(string path)
    {
        var answer = await Http.GetAsync(path, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"GET {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
        return (await answer.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken))!;
    }

    public async Task<(int Status, JsonNode? Body, string? ETag)> SendAsync(
        HttpMethod method, string path, string? json, string? ifMatch = null, string? user = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        if (user is not null)
        {
            request.Headers.Add("x-osmo-user", user);
        }

        var answer = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, JsonSerializer.Deserialize<JsonNode?>(text), answer.Headers.ETag?.ToString());
    }

    public Task<(int Status, JsonNode? Body, string? ETag)> ConfigureAsync(string backend, string configs, string? ifMatch = null) =>
        SendAsync(HttpMethod.Post, $"/api/configs/backend/{backend}", "{\"configs\":" + configs + "}", ifMatch, "alice");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    private async Task OpenAsync()
    {
        _server = await OsmoServer.StartAsync(new OsmoServerOptions
        {
            Url = "http://127.0.0.1:0",
            DataFolder = _folder.Of("data"),
            LogLevel = LogLevel.None,
        });
        Http = new HttpClient { BaseAddress = _server.Url };
    }
}
