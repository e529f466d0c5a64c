using System.Threading.Channels;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Nodes;

/// <summary>
/// Tells when nobody watches a backend's nodes any more, and when somebody does again. Time that passes has no event, so the backends are
/// read again and again.
/// </summary>
internal sealed class FreshnessWatch(FleetApi api, string? backend, CliTerminal terminal)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private string? _stale;

    /// <summary>Takes note of how it is now: what changes after that is told.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken) => _stale = await ReadAsync(cancellationToken);

    /// <summary>Has all nodes read anew at every change.</summary>
    public async Task RunAsync(ChannelWriter<FleetEvent> queue, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(Interval, terminal.Time, cancellationToken);
            if (await ReadAsync(cancellationToken) is { } stale && stale != _stale)
            {
                _stale = stale;
                await queue.WriteAsync(new FleetEvent(FleetEvents.Resync, []), cancellationToken);
            }
        }
    }

    private async Task<string?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var backends = backend is null
                ? await api.BackendsAsync(cancellationToken)
                : [await api.BackendAsync(backend, cancellationToken)];
            return string.Join(',', backends.Where(Age.IsStale).Select(FleetApi.NameOf));
        }
        catch (CliError)
        {
            // Whoever follows the events says so, or waits until the gateway is back.
            return null;
        }
    }
}
