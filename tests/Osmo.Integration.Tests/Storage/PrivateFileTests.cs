using System.Runtime.Versioning;
using Osmo.Testing;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Storage;

/// <summary>The embedded database is for the user who runs the server.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PrivateFileTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public async Task Database_and_folder_are_readable_for_their_owner_alone_also_if_they_were_not_before()
    {
        using var folder = new ScratchFolder();
        var data = folder.Of("data");
        await using var server = await RunningServer.StartAsync(options => options.DataFolder = data);
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(data));
        AssertPrivate(data);

        await server.CloseAsync();
        foreach (var file in Directory.GetFiles(data))
        {
            File.SetUnixFileMode(file, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }

        await server.OpenAsync();
        AssertPrivate(data, "osmo.db*");
    }

    private static void AssertPrivate(string folder, string pattern = "*")
    {
        var files = Directory.GetFiles(folder, pattern);
        Assert.Contains(files, file => Path.GetFileName(file) == "osmo.db");
        Assert.All(files, file => Assert.Equal(OwnerOnly, File.GetUnixFileMode(file)));
    }
}
