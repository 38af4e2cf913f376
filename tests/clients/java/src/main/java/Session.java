import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.mlflow.api.proto.ModelRegistry.ModelVersion;
import org.mlflow.api.proto.Service.CreateRun;
import org.mlflow.api.proto.Service.Experiment;
import org.mlflow.api.proto.Service.FileInfo;
import org.mlflow.api.proto.Service.Metric;
import org.mlflow.api.proto.Service.Param;
import org.mlflow.api.proto.Service.Run;
import org.mlflow.api.proto.Service.RunInfo;
import org.mlflow.api.proto.Service.RunStatus;
import org.mlflow.api.proto.Service.RunTag;
import org.mlflow.api.proto.Service.ViewType;
import org.mlflow.tracking.ActiveRun;
import org.mlflow.tracking.ExperimentsPage;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.MlflowClientException;
import org.mlflow.tracking.MlflowContext;
import org.mlflow.tracking.MlflowHttpException;
import org.mlflow.tracking.ModelVersionsPage;
import org.mlflow.tracking.RunsPage;

/** All that MLflow's Java client offers, once, with what it reads back compared with what was written. */
public final class Session {
  private static int checks = 0;

  private static void same(Object found, Object expected, String what) {
    checks++;
    if (!Objects.equals(found, expected)) {
      throw new AssertionError(what + ": found " + found + ", expected " + expected);
    }
  }

  /** The call ends with an error of that status, whose text names the thing. */
  private static void refused(Runnable call, int status, String text) {
    checks++;
    try {
      call.run();
    } catch (MlflowHttpException error) {
      same(error.getStatusCode(), status, "status of " + error.getBodyMessage());
      if (!error.getBodyMessage().contains(text)) {
        throw new AssertionError("not about " + text + ": " + error.getBodyMessage());
      }
      return;
    } catch (MlflowClientException error) {
      throw new AssertionError("an error of another kind: " + error);
    }
    throw new AssertionError("not refused: " + text);
  }

  private static Map<String, String> tags(Run run) {
    Map<String, String> found = new TreeMap<>();
    run.getData().getTagsList().forEach(tag -> found.put(tag.getKey(), tag.getValue()));
    return found;
  }

  private static Map<String, String> params(Run run) {
    Map<String, String> found = new TreeMap<>();
    run.getData().getParamsList().forEach(param -> found.put(param.getKey(), param.getValue()));
    return found;
  }

  private static Map<String, Double> metrics(Run run) {
    Map<String, Double> found = new TreeMap<>();
    run.getData().getMetricsList().forEach(metric -> found.put(metric.getKey(), metric.getValue()));
    return found;
  }

  private static String experiments(MlflowClient client) {
    String id = client.createExperiment("from java");
    client.setExperimentTag(id, "team", "blue");
    Experiment found = client.getExperiment(id);
    same(found.getName(), "from java", "name");
    same(found.getLifecycleStage(), "active", "stage");
    same(found.getTags(0).getKey() + "=" + found.getTags(0).getValue(), "team=blue", "tag");
    same(client.getExperimentByName("from java").get().getExperimentId(), id, "by name");
    same(client.getExperimentByName("nobody").isPresent(), false, "by another name");
    client.renameExperiment(id, "from java, renamed");
    client.deleteExperiment(id);
    same(client.getExperiment(id).getLifecycleStage(), "deleted", "stage after deletion");
    client.restoreExperiment(id);
    same(client.getExperiment(id).getName(), "from java, renamed", "name after restoring");
    refused(() -> client.createExperiment("from java, renamed"), 400, "from java, renamed");
    refused(() -> client.getExperiment("987654321"), 404, "987654321");
    for (int i = 0; i < 5; i++) {
      client.createExperiment("paged " + i);
    }
    List<String> names = new ArrayList<>();
    ExperimentsPage page =
        client.searchExperiments("name LIKE 'paged%'", ViewType.ACTIVE_ONLY, 2, List.of("name ASC"));
    int pages = 0;
    for (; ; page = (ExperimentsPage) page.getNextPage()) {
      page.getItems().forEach(item -> names.add(item.getName()));
      pages++;
      if (!page.hasNextPage()) {
        break;
      }
    }
    same(names, List.of("paged 0", "paged 1", "paged 2", "paged 3", "paged 4"), "experiments by page");
    same(pages, 3, "pages");
    return id;
  }

  private static String runs(MlflowClient client, String experiment) {
    RunInfo created =
        client.createRun(
            CreateRun.newBuilder()
                .setExperimentId(experiment)
                .setRunName("first")
                .setStartTime(1000)
                .setUserId("someone")
                .build());
    String id = created.getRunId();
    same(created.getStatus(), RunStatus.RUNNING, "status");
    client.logParam(id, "lr", "0.1");
    client.logMetric(id, "loss", 0.5, 2000, 1);
    client.logMetric(id, "loss", 0.25, 3000, 2);
    client.logMetric(id, "loss", 0.75, 1500, 0);
    client.logMetric(id, "nan", Double.NaN);
    client.setTag(id, "note", "ä\n€");
    client.setTag(id, "gone", "soon");
    client.deleteTag(id, "gone");
    client.logBatch(
        id,
        List.of(Metric.newBuilder().setKey("acc").setValue(0.9).setTimestamp(4000).setStep(7).build()),
        List.of(Param.newBuilder().setKey("depth").setValue("3").build()),
        List.of(RunTag.newBuilder().setKey("kind").setValue("demo").build()));
    client.setTerminated(id, RunStatus.FINISHED, 9000);
    Run run = client.getRun(id);
    same(params(run), Map.of("lr", "0.1", "depth", "3"), "params");
    same(metrics(run).get("loss"), 0.25, "latest loss");
    same(metrics(run).get("acc"), 0.9, "acc");
    same(metrics(run).get("nan").isNaN(), true, "NaN");
    same(tags(run).get("note"), "ä\n€", "tag");
    same(tags(run).get("kind"), "demo", "tag of a batch");
    same(tags(run).containsKey("gone"), false, "deleted tag");
    same(run.getInfo().getStatus(), RunStatus.FINISHED, "status");
    same(run.getInfo().getStartTime() + " " + run.getInfo().getEndTime(), "1000 9000", "times");
    same(run.getInfo().getRunName(), "first", "name");
    List<String> history = new ArrayList<>();
    client.getMetricHistory(id, "loss").forEach(m -> history.add(m.getStep() + "=" + m.getValue()));
    same(history, List.of("0=0.75", "1=0.5", "2=0.25"), "history");
    refused(() -> client.logParam(id, "lr", "0.2"), 400, "lr");
    refused(() -> client.getRun("0".repeat(32)), 404, "0".repeat(32));
    client.deleteRun(id);
    same(client.getRun(id).getInfo().getLifecycleStage(), "deleted", "stage after deletion");
    refused(() -> client.logMetric(id, "m", 1.0), 400, id);
    client.restoreRun(id);
    return id;
  }

  private static void search(MlflowClient client) {
    String experiment = client.createExperiment("searched from java");
    for (int i = 0; i < 7; i++) {
      RunInfo run = client.createRun(experiment);
      client.logMetric(run.getRunId(), "score", i / 10.0);
      client.logParam(run.getRunId(), "even", String.valueOf(i % 2 == 0));
      client.setTag(run.getRunId(), "i", String.valueOf(i));
    }
    List<String> order = new ArrayList<>();
    RunsPage page =
        client.searchRuns(
            List.of(experiment), "metrics.score >= 0.1", ViewType.ACTIVE_ONLY, 4, List.of("metrics.score DESC"));
    int pages = 0;
    for (; ; page = (RunsPage) page.getNextPage()) {
      page.getItems().forEach(run -> order.add(tags(run).get("i")));
      pages++;
      if (!page.hasNextPage()) {
        break;
      }
    }
    same(order, List.of("6", "5", "4", "3", "2", "1"), "runs by page");
    same(pages, 2, "pages");
    same(client.searchRuns(List.of(experiment), "params.even = 'true'").size(), 4, "runs by param");
    same(client.listRunInfos(experiment).size(), 7, "runs");
    refused(() -> client.searchRuns(List.of(experiment), "metrics.score >"), 400, "position 16");
  }

  private static void artifacts(MlflowClient client, String run) throws Exception {
    Path folder = Files.createTempDirectory("java-client");
    Path file = Files.writeString(folder.resolve("note.txt"), "hällo");
    Files.createDirectories(folder.resolve("tree/sub"));
    byte[] bytes = new byte[3 << 20];
    new java.util.Random(1).nextBytes(bytes);
    Files.write(folder.resolve("tree/sub/big.bin"), bytes);
    Files.writeString(folder.resolve("tree/small.txt"), "x");
    client.logArtifact(run, file.toFile());
    client.logArtifact(run, file.toFile(), "deep/er");
    client.logArtifacts(run, folder.resolve("tree").toFile(), "tree");
    List<String> names = new ArrayList<>();
    for (FileInfo entry : client.listArtifacts(run)) {
      names.add(entry.getPath() + (entry.getIsDir() ? "/" : " " + entry.getFileSize()));
    }
    same(names, List.of("deep/", "note.txt 6", "tree/"), "artifacts");
    same(client.listArtifacts(run, "tree").get(0).getPath(), "tree/small.txt", "in a folder");
    File all = client.downloadArtifacts(run);
    same(Files.readString(all.toPath().resolve("deep/er/note.txt")), "hällo", "text that came down");
    File tree = client.downloadArtifacts(run, "tree");
    checks++;
    if (!java.util.Arrays.equals(Files.readAllBytes(tree.toPath().resolve("sub/big.bin")), bytes)) {
      throw new AssertionError("a file came back as something else");
    }
  }

  /** The client reads the registry; what is read is written through its door for plain requests. */
  private static void registry(MlflowClient client, String run) throws Exception {
    String source = client.getRun(run).getInfo().getArtifactUri() + "/tree";
    client.sendPost("registered-models/create", "{\"name\": \"java-model\", \"description\": \"d\"}");
    for (int i = 0; i < 3; i++) {
      client.sendPost(
          "model-versions/create",
          "{\"name\": \"java-model\", \"source\": \"" + source + "\", \"run_id\": \"" + run + "\"}");
    }
    client.sendPost(
        "model-versions/transition-stage",
        "{\"name\": \"java-model\", \"version\": \"2\", \"stage\": \"Production\","
            + " \"archive_existing_versions\": false}");
    client.sendPatch(
        "model-versions/update", "{\"name\": \"java-model\", \"version\": \"1\", \"description\": \"one\"}");
    same(client.getRegisteredModel("java-model").getDescription(), "d", "description");
    ModelVersion version = client.getModelVersion("java-model", "1");
    same(version.getDescription() + " " + version.getSource(), "one " + source, "version");
    same(version.getRunId(), run, "run of a version");
    List<String> latest = new ArrayList<>();
    client.getLatestVersions("java-model").forEach(v -> latest.add(v.getCurrentStage() + v.getVersion()));
    latest.sort(null);
    same(latest, List.of("None3", "Production2"), "latest versions");
    same(client.getLatestVersions("java-model", List.of("Production")).size(), 1, "latest of a stage");
    same(client.getModelVersionDownloadUri("java-model", "1"), source, "place of a version");
    List<String> found = new ArrayList<>();
    ModelVersionsPage page =
        client.searchModelVersions("name = 'java-model'", 2, List.of("version_number ASC"));
    for (; ; page = (ModelVersionsPage) page.getNextPage()) {
      page.getItems().forEach(v -> found.add(v.getVersion()));
      if (!page.hasNextPage()) {
        break;
      }
    }
    same(found, List.of("1", "2", "3"), "versions by page");
    File files = client.downloadModelVersion("java-model", "1");
    same(Files.readString(files.toPath().resolve("small.txt")), "x", "a version's file");
    File latestFiles = client.downloadLatestModelVersion("java-model", "Production");
    same(Files.exists(latestFiles.toPath().resolve("sub/big.bin")), true, "latest version's files");
    refused(() -> client.getModelVersion("java-model", "9"), 404, "java-model");
    refused(() -> client.getRegisteredModel("nobody"), 404, "nobody");
  }

  private static void fluent(MlflowClient client) throws Exception {
    MlflowContext context = new MlflowContext(client);
    client.createExperiment("fluent java");
    context.setExperimentName("fluent java");
    ActiveRun outer = context.startRun("outer");
    outer.logParams(Map.of("a", "1", "b", "2"));
    outer.logMetrics(Map.of("x", 1.0, "y", 2.0), 3);
    outer.setTags(Map.of("t", "u"));
    ActiveRun inner = context.startRun("inner", outer.getId());
    inner.logMetric("m", 1.5, 4);
    inner.endRun(RunStatus.FAILED);
    outer.logArtifact(Files.writeString(Files.createTempFile("java", ".txt"), "text"));
    outer.endRun();
    Run stored = client.getRun(outer.getId());
    same(params(stored), Map.of("a", "1", "b", "2"), "params");
    same(metrics(stored), Map.of("x", 1.0, "y", 2.0), "metrics");
    same(stored.getInfo().getStatus(), RunStatus.FINISHED, "status");
    same(stored.getInfo().getArtifactUri(), outer.getArtifactUri(), "place of artifacts");
    Run child = client.getRun(inner.getId());
    same(tags(child).get("mlflow.parentRunId"), outer.getId(), "parent");
    same(child.getInfo().getStatus(), RunStatus.FAILED, "status of the inner run");
    try {
      context.withActiveRun(
          "throws",
          run -> {
            throw new IllegalStateException();
          });
    } catch (IllegalStateException expected) {
      checks++;
    }
    Run failed =
        client
            .searchRuns(
                List.of(context.getExperimentId()), "tags.`mlflow.runName` = 'throws'", ViewType.ALL, 10)
            .getItems()
            .get(0);
    same(failed.getInfo().getStatus(), RunStatus.FAILED, "status of what threw");
  }

  public static void main(String[] arguments) throws Exception {
    try (MlflowClient client = new MlflowClient(arguments[0])) {
      String experiment = experiments(client);
      String run = runs(client, experiment);
      search(client);
      artifacts(client, run);
      registry(client, run);
      fluent(client);
    }
    System.out.println("the java client is content: " + checks + " checks");
  }
}
