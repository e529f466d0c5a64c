using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Osmo.Server.Hosting;

namespace Osmo.Testing.Serving;

/// <summary>A server on a free port with a database of its own, and a client for it.</summary>
public sealed class RunningServer : IFleetApi, IAsyncDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly Complaints _complaints = new();
    private readonly Action<OsmoServerOptions>? _configure;
    private OsmoServer? _server;

    private RunningServer(Action<OsmoServerOptions>? configure) => _configure = configure;

    public HttpClient Http { get; private set; } = null!;

    public Uri Url { get; private set; } = new("http://127.0.0.1:0");

    public string DataFolder => _folder.Of("data");

    /// <summary>What the server logged as an error so far, over all of its starts.</summary>
    public IReadOnlyCollection<string> Errors => _complaints.Errors;

    /// <summary>What the server is made of, while it runs.</summary>
    public IServiceProvider Services => _server!.Services;

    /// <summary>Every endpoint that the server maps.</summary>
    public IReadOnlyList<Endpoint> Endpoints =>
        [.. _server!.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints)];

    public static async Task<RunningServer> StartAsync(Action<OsmoServerOptions>? configure = null)
    {
        var running = new RunningServer(configure);
        await running.OpenAsync();
        return running;
    }

    /// <summary>Stops the server in good order: the port refuses until <see cref="OpenAsync"/>.</summary>
    public async Task CloseAsync()
    {
        Http.Dispose();
        if (_server is { } server)
        {
            _server = null;
            await server.DisposeAsync();
        }
    }

    /// <summary>Starts the server, where it listened before, on the same database.</summary>
    public async Task OpenAsync()
    {
        var options = new OsmoServerOptions { Url = Url.ToString(), DataFolder = DataFolder, LogLevel = LogLevel.Error };
        _configure?.Invoke(options);
        _server = await OsmoServer.StartAsync(options);
        _server.Services.GetRequiredService<ILoggerFactory>().AddProvider(_complaints);
        Url = _server.Url;
        Http = new HttpClient { BaseAddress = Url };
    }

    /// <summary>Stops the server and starts another one in its place.</summary>
    public async Task RestartAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    /// <exception cref="HttpRequestException">The answer is no success.</exception>
    public async Task<JsonNode> GetAsync(string path)
    {
        using var answer = await Http.GetAsync(path);
        return answer.IsSuccessStatusCode
            ? (await answer.Content.ReadFromJsonAsync<JsonNode>())!
            : throw new HttpRequestException($"GET {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    public async Task<(int Status, JsonNode? Body, string? ETag)> SendAsync(
        HttpMethod method, string path, string? json, string? ifMatch = null, string? user = null, string? key = null)
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

        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        }

        if (user is not null)
        {
            request.Headers.Add("x-osmo-user", user);
        }

        using var answer = await Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, JsonSerializer.Deserialize<JsonNode?>(text), answer.Headers.ETag?.ToString());
    }

    public Task<(int Status, JsonNode? Body, string? ETag)> ConfigureAsync(string backend, string configs, string? ifMatch = null) =>
        SendAsync(HttpMethod.Post, $"/api/configs/backend/{backend}", "{\"configs\":" + configs + "}", ifMatch, "alice");

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _complaints.Dispose();
        _folder.Dispose();
    }
}
