using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Silo.Hosting;
using Osmo.Storage.Hosting;
using Osmo.Storage.Postgres;

namespace Osmo.Bench.Calls;

/// <summary>A member of a cluster that hosts grains, in this process or as a process of its own.</summary>
internal sealed class CallsMember : IAsyncDisposable
{
    /// <summary>The argument by which this program becomes a member that ends with its standard input.</summary>
    public const string Argument = "--as-member";

    private readonly IHost _host;

    private CallsMember(IHost host) => _host = host;

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public string Address => _host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString();

    public static async Task<CallsMember> StartAsync(string database, string name)
    {
        var postgres = new PostgresOptions { ConnectionString = database };
        var opened = await PostgresDatabase.OpenAsync(postgres, CancellationToken.None);
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Logging.ClearProviders();
        builder.Services.AddPostgresStore(opened);
        builder.Services.AddSilo(new MemberOptions
        {
            Name = name,
            Version = "1.0",
            ClusterId = (await opened.ReadClusterIdAsync(CancellationToken.None)).ToString("N"),
            Endpoint = FreePort.Find(IPAddress.Loopback),
            ConnectionString = PostgresDatabase.ConnectionString(postgres),
        });
        var host = builder.Build();
        await host.StartAsync();
        return new CallsMember(host);
    }

    /// <summary>Serves as a process of its own: says that it does, and stops when its input ends.</summary>
    public static async Task<int> ServeAsync(string database, TextReader input, TextWriter output)
    {
        await using var member = await StartAsync(database, "there");
        await output.WriteLineAsync(member.Address);
        await input.ReadToEndAsync();
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
