using System.Runtime.InteropServices;
using Osmo.KubeSim.Fleet;

namespace Osmo.KubeSim.Hosting;

/// <summary>The executable: a server with a fleet, until it is interrupted.</summary>
internal static class CommandLine
{
    private const int UsageError = 2;
    private const string Administrator = "admin";

    private const string Usage = """
        Usage: osmo-kubesim [options]
          --port N                 TCP port on loopback; 0 picks a free one (default 0)
          --nodes N                generated nodes (default 100)
          --seed N                 seed of fleet and churn (default 1)
          --prefix NAME            prefix of node names (default gpu)
          --churn KINDS            of heartbeats,flapping,cordons,loss
          --rate N                 changes per second of each kind of churn
          --tls                    HTTPS with a CA made at start
          --token TOKEN            require this bearer token
          --write-kubeconfig FILE  write a kubeconfig for kubectl and agents
        """;

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        CommandLineOptions options;
        try
        {
            options = CommandLineOptions.Parse(args);
        }
        catch (FormatException e)
        {
            await errors.WriteLineAsync($"{e.Message}\n{Usage}");
            return UsageError;
        }

        if (options.Help)
        {
            await output.WriteLineAsync(Usage);
            return 0;
        }

        using var stop = new CancellationTokenSource();
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            await ServeAsync(options, output, stop.Token);
            return 0;
        }
        catch (IOException e)
        {
            await errors.WriteLineAsync($"{e.Message} Choose another --port or check the path given.");
            return 1;
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }

    private static async Task ServeAsync(CommandLineOptions options, TextWriter output, CancellationToken stop)
    {
        var time = TimeProvider.System;
        var cluster = new SimulatedCluster(time);
        new FleetGenerator(new FleetOptions
        {
            Nodes = options.Nodes,
            Seed = options.Seed,
            NamePrefix = options.NamePrefix,
            Time = time.GetUtcNow(),
        }).Fill(cluster);
        var tokens = new Dictionary<string, KubeSimUser>();
        if (options.Token is not null)
        {
            tokens[options.Token] = new KubeSimUser(Administrator);
        }

        await using var server = await KubeSimServer.StartAsync(
            new KubeSimOptions { Port = options.Port, Cluster = cluster, Tls = options.Tls, Tokens = tokens }, stop);
        if (options.KubeConfigPath is { } path)
        {
            // Over TLS kubectl asks for a user name if the file has none.
            var clientCertificateUser = options.Tls && options.Token is null ? Administrator : null;
            await server.WriteKubeConfigAsync(path, options.Token, clientCertificateUser, stop);
            await output.WriteLineAsync($"kubectl --kubeconfig {path} get nodes");
        }

        await output.WriteLineAsync($"{server.BaseUri} serves {cluster.NodeCount} nodes; Ctrl-C stops it.");
        if (options.Churn is { } churn)
        {
            await new Churn(cluster, churn, time).RunAsync(stop);
            return;
        }

        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, stop);
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }
    }
}
