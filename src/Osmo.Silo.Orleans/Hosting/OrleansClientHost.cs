using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Cluster;
using Osmo.Cluster.Routing;
using Osmo.Grains.Engine;
using Osmo.Silo.Orleans.Routing;

namespace Osmo.Silo.Orleans.Hosting;

/// <summary>
/// The Orleans client of a process that is no silo. It connects in a host of its own, and as often as it takes: Orleans' client does not
/// start where no silo can be reached, and a gateway has to listen, and to say that it is not ready, before the first silo is there.
/// </summary>
internal sealed class OrleansClientHost(OrleansSettings settings, OrleansTls tls, TimeProvider time, ILoggerFactory logging)
    : IHostedService, IClusterClientSource, IReadiness, IDisposable
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(2);

    private readonly ILogger _logger = logging.CreateLogger<OrleansClientHost>();
    private readonly CancellationTokenSource _stopping = new();
    private Task _connecting = Task.CompletedTask;
    private volatile IHost? _host;
    private volatile IClusterClient? _client;

    public IClusterClient Client => _client ?? throw new SiloUnreachableException("No silo of the Orleans cluster can be reached yet.");

    public Task<string?> FindProblemAsync(CancellationToken cancellationToken) =>
        Task.FromResult(_client is null ? "This process has no connection to the silos yet. Are there any?" : null);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _connecting = ConnectAsync();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _connecting.ConfigureAwait(false);
        if (_host is { } host)
        {
            await host.StopAsync(cancellationToken).ConfigureAwait(false);
            host.Dispose();
        }
    }

    public void Dispose() => _stopping.Dispose();

    private async Task ConnectAsync()
    {
        for (var failures = 1; !_stopping.IsCancellationRequested; failures++)
        {
            IHost? host = null;
            try
            {
                var builder = Host.CreateEmptyApplicationBuilder(settings: null);
                builder.Services.AddSingleton(logging);
                builder.Services.AddSingleton(tls);
                builder.UseOrleansClient(settings.Configure);
                host = builder.Build();
                await host.StartAsync(_stopping.Token).ConfigureAwait(false);
                _host = host;
                _client = host.Services.GetRequiredService<IClusterClient>();
                OrleansLog.Connected(_logger);
                return;
            }
            catch (Exception failure)
            {
                if (failures == 1)
                {
                    OrleansLog.NotConnected(_logger, failure.Message);
                }

                host?.Dispose();
            }

            await Task.Delay(Backoff.Pause(PauseMin, PauseMax, failures), time, _stopping.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
