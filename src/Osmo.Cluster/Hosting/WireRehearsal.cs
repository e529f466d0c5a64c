using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Routing;
using Osmo.Cluster.Wire;
using Osmo.Grains.Backends;

namespace Osmo.Cluster.Hosting;

/// <summary>
/// A silo that is about to join calls itself as the others will, over its own listener. It owns nothing yet and refuses, but by
/// then what a call runs through is compiled, and the first callers of what it takes over do not wait for that.
/// </summary>
internal sealed class WireRehearsal(
    Func<SiloRegistration> registration,
    SiloSocket sockets,
    ClusterRoutingOptions options,
    TimeProvider time,
    ILogger<WireRehearsal> logger)
    : IHostedLifecycleService
{
    /// <summary>After so many calls a method is compiled again, and better.</summary>
    private const int Rounds = 30;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var address = registration().Address;
        var link = new SiloLink(address, sockets, options, time, NullLogger.Instance);
        await using (link.ConfigureAwait(false))
        {
            try
            {
                await CallAsync(link, either.Token).ConfigureAwait(false);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                // Others may reach it all the same.
                ClusterLog.RehearsalFailed(logger, address, failure.Message);
            }
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static async Task CallAsync(SiloLink link, CancellationToken cancellationToken)
    {
        var name = BackendName.Parse($"rehearsal-{Guid.NewGuid():N}");
        var fields = JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["description"] = "rehearsal" });
        var audit = Audit.System with { Request = new RequestId(name.Value, 0) };
        for (var round = 0; round < Rounds; round++)
        {
            await link.CallAsync(CallRouter.Message(name, new GetCall()), Limit, cancellationToken).ConfigureAwait(false);
            await link.CallAsync(
                CallRouter.Message(name, new ConfigureCall(new ReplaceFields(fields), audit, expectedRevision: null)),
                Limit,
                cancellationToken).ConfigureAwait(false);
        }
    }
}
