using System.Runtime.Versioning;
using Osmo.Kubernetes;
using Xunit;

namespace Osmo.Unit.Tests.Kubernetes;

/// <summary>Programs come from the PATH and from nowhere else.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ExecutablePathTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("osmo-path").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_first_file_on_the_path_that_can_be_run_counts()
    {
        string second = Write("second", "tool", executable: true);
        Write("first", "tool", executable: false);
        Assert.Equal(second, ExecutablePath.Find("tool", $"{_folder}/none:{_folder}/first:{_folder}/second"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("here::.")]
    public void Entries_that_stand_for_the_working_directory_are_passed_over(string path)
    {
        // The test's own folder is the working directory's child at best: what is there is there for every relative entry.
        string name = $"osmo-tool-{Guid.NewGuid():N}";
        string file = Path.Combine(Environment.CurrentDirectory, name);
        File.WriteAllText(file, "#!/bin/sh\n");
        try
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            Assert.Null(ExecutablePath.Find(name, path));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_path_is_taken_as_it_is() => Assert.Equal("/opt/tool", ExecutablePath.Find("/opt/tool", path: null));

    private string Write(string folder, string name, bool executable)
    {
        string file = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName, name);
        File.WriteAllText(file, "#!/bin/sh\n");
        File.SetUnixFileMode(file, executable ? UnixFileMode.UserRead | UnixFileMode.UserExecute : UnixFileMode.UserRead);
        return file;
    }
}
