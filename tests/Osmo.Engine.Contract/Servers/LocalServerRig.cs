using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Osmo.Configs.Storage;
using Osmo.Engine.Contract.Rigs;
using Osmo.Grains.Engine;
using Osmo.Grains.Storage;
using Osmo.Server.Hosting;
using Osmo.Testing;

namespace Osmo.Engine.Contract.Servers;

/// <summary>The local engine: one server with an embedded database, composed as people run it.</summary>
public sealed class LocalServerRig : IEngineRig
{
    private readonly ScratchFolder _folder = new();
    private OsmoServer _server = null!;

    private LocalServerRig()
    {
    }

    /// <inheritdoc/>
    public IReadOnlyList<IEngineSilo> Silos { get; private set; } = [];

    /// <inheritdoc/>
    public IGrainEngine Caller => _server.Services.GetRequiredService<IGrainEngine>();

    /// <inheritdoc/>
    public Uri Door => _server.Url;

    /// <inheritdoc/>
    public StoreGate Gate { get; } = new();

    /// <inheritdoc/>
    public IBackendStore Stored => StoreGate.StoreBehind(_server.Services);

    /// <inheritdoc/>
    public IConfigStore History => _server.Services.GetRequiredService<IConfigStore>();

    /// <summary>Starts the server on a new database.</summary>
    public static async Task<LocalServerRig> StartAsync()
    {
        var rig = new LocalServerRig();
        await rig.OpenAsync();
        return rig;
    }

    /// <inheritdoc/>
    public async Task RestartAsync()
    {
        await _server.DisposeAsync();
        await OpenAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
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
            Replace = Gate.PutBefore,
        });
        Silos = [new Only(_server.Services.GetRequiredService<ServerDescription>().Id, Caller)];
    }

    private sealed record Only(string Id, IGrainEngine Engine) : IEngineSilo;
}
