using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Osmo.Cluster.Hosting;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Routing;
using Osmo.Cluster.Wire;
using Osmo.Grains.Engine;
using Osmo.Silo.Engine;
using Osmo.Silo.Hosting;
using Osmo.Storage.Hosting;

namespace Osmo.Bench.Calls;

/// <summary>A silo with a database of its own that others may call, in this process or as a process of its own.</summary>
internal sealed class BenchSilo : IAsyncDisposable
{
    /// <summary>The argument by which this program becomes a silo that ends with its standard input.</summary>
    public const string Argument = "--as-silo";

    private readonly WebApplication _app;
    private readonly DirectoryInfo _folder;

    private BenchSilo(WebApplication app, DirectoryInfo folder)
    {
        _app = app;
        _folder = folder;
    }

    public static Guid ClusterId { get; } = Guid.Parse("0d9f4a52-5c1e-4b57-a4c5-3f1f0c6a7f10");

    public IGrainEngine Engine => _app.Services.GetRequiredService<LocalGrainEngine>();

    private string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public static async Task<BenchSilo> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("osmo-bench-");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseCluster()));
        builder.Services.AddSqliteStore(folder.FullName);
        builder.Services.AddSilo(new SiloIdentity("bench", "1.0"));
        builder.Services.AddSingleton<IShardRoutes>(new OneSiloRoutes(OneSiloRoutes.At(new Uri("http://127.0.0.1")), isSilo: true));
        builder.Services.AddSingleton(provider => new LocalGrains(
            provider.GetRequiredService<LocalGrainEngine>(), provider.GetRequiredService<IOwnership>()));
        builder.Services.AddClusterRouting(_ => new ClusterMember(ClusterId, "bench", ClusterRole.Silo), new ClusterCredentials());
        var app = builder.Build();
        app.MapClusterEndpoints();
        await app.StartAsync();
        return new BenchSilo(app, folder);
    }

    /// <summary>Serves as a process of its own: tells its address and stops when its input ends.</summary>
    public static async Task<int> ServeAsync(TextReader input, TextWriter output)
    {
        await using var silo = await StartAsync();
        await output.WriteLineAsync(silo.Address);
        await input.ReadToEndAsync();
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
