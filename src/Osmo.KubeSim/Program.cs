return await Osmo.KubeSim.Hosting.CommandLine.RunAsync(args, Console.Out, Console.Error);
