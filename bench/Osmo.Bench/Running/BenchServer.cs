using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Osmo.Domain.Backends;
using Osmo.Grains.Backends;
using Osmo.Server.Hosting;

namespace Osmo.Bench.Running;

/// <summary>A server on a free port, with a database in a folder that goes away with it.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    /// <summary>Rules by which a healthy node of the simulated fleets is available.</summary>
    public const string HealthyRules =
        """{"node_conditions":{"additional_node_conditions":["GpuHealthy","NvlinkHealthy","InfinibandHealthy"]}}""";

    private readonly OsmoServer _server;
    private readonly DirectoryInfo _folder;

    private BenchServer(OsmoServer server, DirectoryInfo folder)
    {
        _server = server;
        _folder = folder;
    }

    public Uri Url => _server.Url;

    public IGrainFactory Grains => _server.Services.GetRequiredService<IGrainFactory>();

    public static async Task<BenchServer> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("osmo-bench-");
        var server = await OsmoServer.StartAsync(new OsmoServerOptions
        {
            Url = "http://127.0.0.1:0",
            DataFolder = folder.FullName,
            LogLevel = LogLevel.None,
        });
        return new BenchServer(server, folder);
    }

    public IBackendGrain Backend(string name) => Grains.GetGrain<IBackendGrain>(name);

    /// <summary>Replaces fields of a backend's configuration.</summary>
    public Task ConfigureAsync(string backend, string fieldsJson)
    {
        using var fields = JsonDocument.Parse(fieldsJson);
        return Backend(backend).ConfigureAsync(
            new ReplaceFields(fields.RootElement.Clone()), Audit.System, expectedRevision: null, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
