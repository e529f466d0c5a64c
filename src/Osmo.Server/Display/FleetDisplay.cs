using Osmo.Domain.Errors;
using Osmo.Gateway.Calls;
using Osmo.Grains.Backends;
using Osmo.Server.Clusters;
using Osmo.Server.Hosting;
using Spectre.Console;

namespace Osmo.Server.Display;

/// <summary>Shows in the terminal what happens: a live table on a terminal, a line at times where the output is piped.</summary>
internal sealed class FleetDisplay
{
    private static readonly TimeSpan LiveInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(5);

    private readonly Uri _url;
    private readonly OsmoServerOptions _options;
    private readonly IReadOnlyList<WatchedCluster> _clusters;
    private readonly AgentFleet _agents;
    private readonly BackendCalls _calls;
    private readonly VerdictTicker _ticker;

    public FleetDisplay(
        Uri url,
        OsmoServerOptions options,
        IReadOnlyList<WatchedCluster> clusters,
        AgentFleet agents,
        BackendCalls calls,
        VerdictTicker ticker)
    {
        _url = url;
        _options = options;
        _clusters = clusters;
        _agents = agents;
        _calls = calls;
        _ticker = ticker;
    }

    /// <summary>Whether the standard output is a terminal that can be redrawn.</summary>
    public static bool IsInteractive =>
        !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Interactive && AnsiConsole.Profile.Capabilities.Ansi;

    /// <summary>Shows until cancelled, and then returns normally.</summary>
    public async Task RunAsync(bool interactive, CancellationToken stopping)
    {
        var ticking = _ticker.RunAsync(stopping);
        try
        {
            Introduce();
            if (interactive)
            {
                await AnsiConsole.Live(FleetTable.Empty).StartAsync(context => RefreshAsync(LiveInterval, context.UpdateTarget, stopping));
            }
            else
            {
                await RefreshAsync(PlainInterval, null, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Asked to stop.
        }

        await ticking;
        Console.WriteLine();
        Console.WriteLine($"Stopped. The data is in {_options.DataFolder}.");
    }

    private void Introduce()
    {
        var url = _url.ToString().TrimEnd('/');
        var name = _clusters[0].Backend;
        Console.WriteLine($"Osmo listens on {url} and keeps its data in {Path.GetFullPath(_options.DataFolder)}. Ctrl-C stops it.");
        Console.WriteLine();
        Console.WriteLine("Try, in another terminal:");
        const string Patch = "'{\"node_conditions\":{\"ignore_node_conditions\":[\"Gpu*\"]}}'";
        var curl = _options.AdminTokenFile is { } token
            ? $"curl -H \"Authorization: Bearer $(cat {ShellText.Quote(Path.GetFullPath(token))})\""
            : "curl";
        Console.WriteLine($"  {curl} '{url}/api/backends/{name}/nodes?available=false&limit=3'");
        Console.WriteLine($"  {curl} -N '{url}/api/watch?backend={name}'");
        Console.WriteLine($"  {curl} -X PATCH {url}/api/configs/backend/{name} -d {Patch}");
        if (_clusters[0].KubeconfigFile is { } kubeconfig)
        {
            Console.WriteLine($"  kubectl --kubeconfig {ShellText.Quote(kubeconfig)} get nodes -L osmo.nvidia.com/verified --watch");
        }

        Console.WriteLine();
    }

    private async Task RefreshAsync(TimeSpan interval, Action<Spectre.Console.Rendering.IRenderable>? draw, CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(interval);
        do
        {
            var rows = await RowsAsync(stopping);
            if (draw is not null)
            {
                draw(FleetTable.Of(rows, _ticker.Latest));
            }
            else
            {
                Console.WriteLine(string.Join("   ", rows.Select(row => row.Summary)));
            }
        }
        while (await timer.WaitForNextTickAsync(stopping));
    }

    private async Task<IReadOnlyList<FleetRow>> RowsAsync(CancellationToken stopping)
    {
        var states = _agents.States;
        var rows = new List<FleetRow>();
        foreach (var cluster in _clusters)
        {
            BackendStatus? status = null;
            try
            {
                status = await _calls.GetAsync(cluster.Backend, stopping);
            }
            catch (OsmoException)
            {
                // Not registered yet, or not to be had at this moment: the row says so.
            }

            rows.Add(new FleetRow(cluster.Backend.Value, status, states[cluster.Backend.Value]));
        }

        return rows;
    }
}
