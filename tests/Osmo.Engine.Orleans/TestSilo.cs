using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.TestingHost;
using Osmo.Engine.Contract.Servers;

namespace Osmo.Engine.Orleans;

/// <summary>A server of this process as Orleans' test host handles a silo.</summary>
internal sealed class TestSilo : SiloHandle
{
    private readonly ServerSilo _silo;
    private bool _isActive = true;

    public TestSilo(ServerSilo silo)
    {
        var details = silo.Services.GetRequiredService<ILocalSiloDetails>();
        _silo = silo;
        Name = silo.Id;
        SiloAddress = details.SiloAddress;
        GatewayAddress = details.GatewayAddress;
    }

    public override bool IsActive => _isActive;

    /// <param name="stopGracefully">
    /// False: its connections are cut first, so that it can say goodbye to nobody, and Orleans in it ends as one that is killed.
    /// </param>
    public override async Task StopSiloAsync(bool stopGracefully)
    {
        _isActive = false;
        if (stopGracefully)
        {
            await _silo.StopAsync();
            return;
        }

        var orleans = _silo.Services.GetServices<IHostedService>().Single(service => service.GetType().Name == "SiloHostedService");
        _silo.Isolate();
        await orleans.StopAsync(new CancellationToken(canceled: true));
    }

    public override Task StopSiloAsync(CancellationToken ct) => StopSiloAsync(!ct.IsCancellationRequested);

    /// <summary>The rig disposes of its servers itself, and of those that were ended as well.</summary>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
